import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineCutter } from '../../../../main/trainer-control/event-lines.ts';
import { createEventTail, readLine } from '../../../../main/trainer-control/event-tail.ts';
import type { EventTail, ReadLine } from '../../../../main/trainer-control/event-tail.ts';
import { tempFolder } from '../../../helpers/temp.ts';

function warning(seq: number, message = 'careful'): string {
  return JSON.stringify({ type: 'warning', seq, time: 1, step: null, code: 'other', message });
}

function eventsFile(content = ''): string {
  const path = join(tempFolder('tail'), 'events.jsonl');
  writeFileSync(path, content);
  return path;
}

/** Everything that a tail has to say now. */
function readAll(tail: EventTail): { lines: ReadLine[]; replaced: number; end: number } {
  const found = { lines: [] as ReadLine[], replaced: 0, end: 0 };
  for (let news = tail.read(); news !== null; news = tail.read()) {
    if (news.kind === 'replaced') found.replaced += 1;
    else {
      found.lines.push(...news.lines);
      found.end = news.end;
    }
  }
  return found;
}

const START = { file: null, offset: 0 };

describe('the tail of a run', () => {
  it('gives a line once its line feed is there, and not before', () => {
    const path = eventsFile(`${warning(1)}\n${warning(2).slice(0, 20)}`);
    const tail = createEventTail(path, START);
    expect(readAll(tail).lines).toMatchObject([{ kind: 'event', event: { seq: 1 } }]);
    appendFileSync(path, warning(2).slice(20));
    expect(readAll(tail).lines).toEqual([]);
    appendFileSync(path, '\n');
    expect(readAll(tail).lines).toMatchObject([{ kind: 'event', event: { seq: 2 } }]);
  });

  it('goes on from a stored place, in the middle of what was written since', () => {
    const path = eventsFile(`${warning(1)}\n${warning(2)}\n`);
    const first = createEventTail(path, START);
    const news = first.read();
    expect(news).toMatchObject({ kind: 'lines' });
    const place = { file: news?.file ?? null, offset: `${warning(1)}\n`.length };
    appendFileSync(path, `${warning(3)}\n`);
    expect(
      readAll(createEventTail(path, place)).lines.map((line) => 'event' in line && line.event.seq),
    ).toEqual([2, 3]);
  });

  it('starts over with a file that was replaced or cut short', () => {
    const path = eventsFile(`${warning(1)}\n${warning(2)}\n`);
    const tail = createEventTail(path, START);
    readAll(tail);
    truncateSync(path, 0);
    appendFileSync(path, `${warning(7)}\n`);
    expect(readAll(tail)).toMatchObject({ replaced: 1, lines: [{ event: { seq: 7 } }] });
    writeFileSync(`${path}.new`, `${warning(1)}\n${warning(2)}\n${warning(3)}\n`);
    renameSync(`${path}.new`, path);
    expect(readAll(tail)).toMatchObject({ replaced: 1, lines: [{}, {}, { event: { seq: 3 } }] });
  });

  it('waits for a file that is not there yet', () => {
    const path = join(tempFolder('tail'), 'events.jsonl');
    const tail = createEventTail(path, START);
    expect(tail.read()).toBeNull();
    writeFileSync(path, `${warning(1)}\n`);
    expect(readAll(tail).lines).toHaveLength(1);
  });

  it('passes over a line of 100 MB in bounded memory, and reads what comes after it', () => {
    const path = eventsFile();
    const tail = createEventTail(path, START);
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    let most = 0;
    for (let written = 0; written < 100; written += 1) {
      appendFileSync(path, megabyte);
      readAll(tail);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    appendFileSync(path, `\n${warning(5)}\n`);
    expect(readAll(tail).lines).toMatchObject([
      { kind: 'unreadable', reason: 'a line of 104857600 bytes' },
      { kind: 'event', event: { seq: 5 } },
    ]);
    expect(most).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a line', () => {
  const line = (text: string | Buffer) => ({ kind: 'line', bytes: Buffer.from(text), end: 9 }) as const;

  it.each([
    ['not JSON', '{"type":"warning"'],
    ['a number that is not finite', '{"type":"step_finished","loss":NaN}'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s is named, never thrown', (reason, text) => {
    expect(readLine(line(text))).toEqual([{ kind: 'unreadable', reason, end: 9 }]);
  });

  it('with a number too large to be one is refused by its field', () => {
    const text =
      '{"type":"checkpoint_saved","seq":1,"time":1,"step":1,"folder":"x","bytes":1e309,"seconds":1}';
    expect(readLine(line(text))).toMatchObject([
      { kind: 'unreadable', reason: expect.stringMatching(/^bytes: /) },
    ]);
  });

  it('of a type that a newer trainer may have is passed over, an empty one is none', () => {
    expect(readLine(line('{"type":"dreamed","seq":1}'))).toEqual([
      { kind: 'unknown', type: 'dreamed', end: 9 },
    ]);
    expect(readLine(line('\r'))).toEqual([]);
  });
});

it('lines are the same wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', ''))),
      fc.array(fc.nat(40), { maxLength: 12 }),
      (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const cutter = createLineCutter(0, 16);
        const found: { text: string | number; end: number }[] = [];
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ];
        for (const [index, place] of places.entries()) {
          for (const one of cutter.push(bytes.subarray(place, places[index + 1] ?? place))) {
            found.push({ text: one.kind === 'line' ? one.bytes.toString() : one.length, end: one.end });
          }
        }
        let end = 0;
        expect(found).toEqual(
          texts.map((text) => {
            const length = Buffer.byteLength(text);
            end += length + 1;
            return { text: length > 16 ? length : text, end };
          }),
        );
      },
    ),
  );
});
