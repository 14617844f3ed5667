import { describe, expect, it } from 'vitest';
import { askSession, openSession, tokenFromHash } from '../../../renderer/client/session.ts';

interface Sent {
  readonly path: string;
  readonly body: unknown;
}

function place(hash: string, status: number) {
  const sent: Sent[] = [];
  const hashes: string[] = [];
  const fetcher = (async (path: string, init?: RequestInit) => {
    sent.push({ path, body: JSON.parse(String(init?.body)) });
    return new Response(null, { status });
  }) as typeof fetch;
  return { sent, hashes, hash, replaceHash: (next: string) => hashes.push(next), fetch: fetcher };
}

describe('the session of the page', () => {
  it('exchanges the token of the address for a cookie and takes it out of the address', async () => {
    const here = place('#token=a%2Bb', 204);
    await expect(openSession(here)).resolves.toBe(true);
    expect(here.sent).toEqual([{ path: '/session', body: { token: 'a+b' } }]);
    expect(here.hashes).toEqual(['']);
  });

  it('takes a refused token out of the address too', async () => {
    const here = place('#token=old', 401);
    await expect(openSession(here)).resolves.toBe(false);
    expect(here.hashes).toEqual(['']);
  });

  it('asks nothing where there is no token', async () => {
    const here = place('#/library/samples', 204);
    await expect(openSession(here)).resolves.toBe(true);
    expect(here.sent).toEqual([]);
    expect(here.hashes).toEqual([]);
  });

  it('does not take a search for "token" for one', () => {
    expect(tokenFromHash('#/library/samples?search=token=1')).toBeNull();
  });

  it.each([
    [204, 'good'],
    [401, 'refused'],
    [403, 'refused'],
    [502, 'away'],
  ] as const)('reads an answer of %i as %s', async (status, meaning) => {
    await expect(askSession((async () => new Response(null, { status })) as typeof fetch)).resolves.toBe(
      meaning,
    );
  });

  it('reads no answer as away', async () => {
    const fetcher = (async () => {
      throw new TypeError('failed to fetch');
    }) as typeof fetch;
    await expect(askSession(fetcher)).resolves.toBe('away');
  });
});
