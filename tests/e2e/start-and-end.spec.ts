import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { markedProcesses } from '../helpers/processes.ts';
import { writeSampleSet } from '../helpers/sample-set.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { tempFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { Studio } from './page-objects/studio.ts';

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

async function everyProcessEnds(app: RunningApp): Promise<void> {
  const left = () => markedProcesses(app.mark).map((one) => one.command);
  await until(() => left().length === 0, 'every process has ended', 20_000).catch(() => {
    expect(left()).toEqual([]);
  });
}

describe.skipIf(reason !== null)(`ending the app${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('Ctrl+C ends every process that npm start has started, in the middle of a run too', async () => {
    const folder = tempFolder('ending');
    const set = await writeSampleSet(join(folder, 'set'));
    const app = await startApp({ workspace: join(folder, 'workspace'), through: 'npm' });
    const browser = await launchChromium();
    try {
      const studio = new Studio((await openPage(browser, app.address)).page);
      await studio.importPath(set);
      await studio.watch('Which image is red?');
      await studio.run.click();
      await until(
        () => markedProcesses(app.mark).some((one) => one.command.includes('engine-process')),
        'the engine runs',
      );
      app.signal('SIGINT');
      await app.ended;
      await everyProcessEnds(app);
    } finally {
      await browser.close();
      await app.stop();
    }
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('%s does the same', async (signal) => {
    const app = await startApp({ workspace: join(tempFolder('ending'), 'workspace'), through: 'npm' });
    expect(markedProcesses(app.mark).length).toBeGreaterThan(1);
    app.signal(signal);
    await app.ended;
    await everyProcessEnds(app);
  });

  it('a host that is killed takes its workers with it', async () => {
    const folder = tempFolder('ending');
    const set = await writeSampleSet(join(folder, 'set'));
    const app = await startApp({ workspace: join(folder, 'workspace') });
    const browser = await launchChromium();
    try {
      const studio = new Studio((await openPage(browser, app.address)).page);
      await studio.importPath(set);
      await studio.sample('Which image is red?').waitFor();
      expect(markedProcesses(app.mark).length).toBeGreaterThan(1);
      process.kill(app.pid, 'SIGKILL');
      await everyProcessEnds(app);
    } finally {
      await browser.close();
      await app.stop();
    }
  });
});

it('a start prints one address, and the next one installs and builds nothing', async () => {
  const workspace = join(tempFolder('start'), 'workspace');
  const first = await startApp({ workspace, through: 'npm' });
  expect(first.printed().match(/http:\/\//g)).toHaveLength(1);
  await first.stop();
  const begin = performance.now();
  const second = await startApp({ workspace, through: 'npm' });
  const seconds = (performance.now() - begin) / 1000;
  expect(second.printed()).not.toMatch(/Installing|Building/);
  await second.stop();
  console.log(`second start: address after ${seconds.toFixed(2)} s`);
});
