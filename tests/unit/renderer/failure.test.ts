import { TRPCClientError } from '@trpc/client';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../../renderer/client/failure.ts';
import { errorCode } from '../../../shared/contract/errors.ts';

function fromHost(code: string, message: string): unknown {
  return TRPCClientError.from({ error: { code: -32_000, message, data: { code, message } } } as never);
}

describe('what a person is told when something fails', () => {
  it.each(errorCode.options)('says what to do about %s', (code) => {
    const failure = toFailure(fromHost(code, 'What happened.'));
    expect(failure).toMatchObject({ code, message: 'What happened.' });
    expect(failure.advice.length).toBeGreaterThan(10);
  });

  it('hides what an unknown code carries', () => {
    const failure = toFailure(fromHost('SQLITE_BUSY', 'secret path'));
    expect(failure.code).toBe('internal');
    expect(failure.message).not.toContain('secret');
  });

  it('tells a lost connection from an answer', () => {
    expect(toFailure(TRPCClientError.from(new Error('closed'))).message).toContain('connection');
  });

  it('passes a failure through and takes any other value', () => {
    const failure = toFailure(fromHost('conflict', 'Changed.'));
    expect(toFailure(failure)).toBe(failure);
    expect(toFailure('text').code).toBe('internal');
  });
});
