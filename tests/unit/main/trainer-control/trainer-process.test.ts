import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isStudioError } from '../../../../shared/contract/errors.ts';
import {
  isSameProcess,
  lookUpProcess,
  parseStat,
} from '../../../../main/trainer-control/process-identity.ts';
import { createTrainerProcess } from '../../../../main/trainer-control/trainer-process.ts';
import { noProcessIsLeft, standInFolder, STAND_IN } from '../../../helpers/stand-in.ts';
import { until } from '../../../helpers/until.ts';

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return isStudioError(error) ? error.code : String(error);
  }
}

describe.skipIf(reason !== null)(
  `the trainer's process${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    afterEach(noProcessIsLeft);

    it('works in a session of its own, is found by another host, and is killed with its children', async () => {
      const folder = standInFolder({ steps: 1, child: true });
      const started = createTrainerProcess(folder).launch(STAND_IN(folder));
      const other = createTrainerProcess(folder);
      await until(() => (other.heartbeat()?.children.length ?? 0) > 0, 'it has said that it lives');
      expect(other.find()?.pid).toBe(started.pid);
      expect(readFileSync(`/proc/${started.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]).toBe(
        String(started.pid),
      );
      other.kill();
      await until(() => other.find() === null, 'it is gone');
      const child = other.heartbeat()?.children[0] ?? 0;
      await until(() => lookUpProcess(child) === null, 'its child is gone');
    });

    it('is started once, whoever asks', async () => {
      const folder = standInFolder({ steps: 1 });
      const [one, two] = [createTrainerProcess(folder), createTrainerProcess(folder)];
      one.launch(STAND_IN(folder));
      expect(codeOf(() => two.launch(STAND_IN(folder)))).toBe('conflict');
      // Also by the heartbeat alone: the host that started it died before it could write that down.
      await until(() => two.heartbeat() !== null, 'it has said that it lives');
      rmSync(join(folder, 'launched.json'));
      expect(codeOf(() => two.launch(STAND_IN(folder)))).toBe('conflict');
      two.kill();
      await until(() => two.find() === null, 'it is gone');
    });

    it('a pid that was given to another process is not it', async () => {
      const folder = standInFolder({});
      const self = lookUpProcess(process.pid);
      writeFileSync(join(folder, 'launched.json'), JSON.stringify({ ...self, startTicks: 1 }));
      expect(createTrainerProcess(folder).find()).toBeNull();
      writeFileSync(join(folder, 'launched.json'), JSON.stringify({ ...self, bootId: 'another boot' }));
      expect(createTrainerProcess(folder).find()).toBeNull();
      writeFileSync(join(folder, 'launched.json'), JSON.stringify(self));
      expect(createTrainerProcess(folder).find()?.pid).toBe(process.pid);
    });

    it('a launch that another host is at is waited for; one that a dead host left does not count', () => {
      const folder = standInFolder({ steps: 1 });
      const self = lookUpProcess(process.pid);
      writeFileSync(join(folder, 'launching.json'), JSON.stringify(self));
      expect(codeOf(() => createTrainerProcess(folder).launch(STAND_IN(folder)))).toBe('conflict');
      writeFileSync(join(folder, 'launching.json'), JSON.stringify({ ...self, startTicks: 1 }));
      const process_ = createTrainerProcess(folder);
      process_.launch(STAND_IN(folder));
      process_.kill();
    });

    it('a program that is not there is said at once', () => {
      const folder = standInFolder({});
      const command = { ...STAND_IN(folder), file: '/nowhere/python' };
      expect(codeOf(() => createTrainerProcess(folder).launch(command))).toBe('internal');
    });
  },
);

describe('who a process is', () => {
  const known = { pid: 7, startTicks: null, bootId: null, startedAt: 10_000 };

  it('without ticks is told by the second of its start', () => {
    expect(isSameProcess(known, { ...known, startedAt: 11_500 })).toBe(true);
    expect(isSameProcess(known, { ...known, startedAt: 13_000 })).toBe(false);
    expect(isSameProcess(known, null)).toBe(false);
  });

  it('is read from a stat line whose name holds brackets and spaces', () => {
    const rest = Array.from({ length: 18 }, (_, index) => index).join(' ');
    expect(parseStat(`7 (a) b (c)) S ${rest} 4242 0`)).toEqual({ state: 'S', startTicks: 4242 });
  });
});
