import { describe, expect, it } from 'vitest';
import { episodeStatus } from '../../../shared/model/episode.ts';
import { rejectionCode } from '../../../shared/model/import-job.ts';
import {
  baseName,
  formatBytes,
  formatCount,
  formatDuration,
  formatPlural,
  formatSize,
  rejectionWords,
  statusWords,
} from '../../../renderer/ui/format.ts';

describe('numbers as a person reads them', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KB'],
    [200 * 1024, '200 KB'],
    [5 * 1024 ** 3, '5.0 GB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [12.4, '12 ms'],
    [1234, '1.2 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms are %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('has thousands and plurals', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect([0, 1, 2].map((count) => formatPlural(count, 'image'))).toEqual([
      '0 images',
      '1 image',
      '2 images',
    ]);
    expect(formatSize(1920, 1080)).toBe('1,920 × 1,080');
  });
});

describe('names', () => {
  it.each([
    ['/home/ann/Demo workspace', 'Demo workspace'],
    ['C:\\Users\\ann\\work\\', 'work'],
    ['alone', 'alone'],
    ['/', '/'],
  ])('the last part of %s is %s', (path, name) => expect(baseName(path)).toBe(name));

  it('has words for every status and every reason', () => {
    for (const status of episodeStatus.options) {
      expect(statusWords({ kind: 'ended', status, endedAt: 0 })).not.toContain('_');
    }
    for (const code of rejectionCode.options) expect(rejectionWords(code)).not.toContain('_');
  });
});
