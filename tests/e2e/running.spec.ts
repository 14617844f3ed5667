import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { freeze, markedProcesses } from '../helpers/processes.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

const ENGINE = 'engine-process';
const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

describe.skipIf(reason !== null)(
  `in the middle of a run${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    const folder = makeTempFolder('running');
    let app: RunningApp;
    let browser: Browser;
    let open: OpenPage;
    let studio: Studio;

    beforeAll(async () => {
      app = await startApp({ workspace: join(folder, 'workspace') });
      browser = await launchChromium();
      open = await openPage(browser, app.address);
      studio = new Studio(open.page);
      await studio.watch(/pattern/);
      // The first run starts the engine; it stays for the next ones.
      await studio.runToTheEnd();
    });
    beforeEach(async () => {
      await studio.run.waitFor();
    });
    afterAll(async () => {
      await browser?.close();
      await app?.stop();
      removeFolder(folder);
    });

    it('Stop ends it as stopped', async () => {
      const goOn = freeze(app.mark, ENGINE);
      await studio.start();
      await studio.press('Escape');
      goOn();
      await studio.run.waitFor();
      await studio.outcome('You stopped this run.').waitFor();
    });

    it('a reload of the page finds it going on, and sees its end', async () => {
      const goOn = freeze(app.mark, ENGINE);
      await studio.start();
      await open.page.reload();
      await studio.stop.waitFor();
      goOn();
      await studio.run.waitFor();
      expect(await studio.stepThat('Answer: ').count()).toBe(1);
    });

    it('an engine that is killed leaves the app up, the run failed, and the next run works', async () => {
      // Several steps long, and shown at reading speed: the first one is there long before the last is asked for.
      await studio.goTo('Library');
      await studio.watch(/Which has the same pattern/);
      await studio.start();
      await studio.steps.nth(1).waitFor();
      for (const { pid, command } of markedProcesses(app.mark)) {
        if (command.includes(ENGINE)) process.kill(pid, 'SIGKILL');
      }
      await studio.run.waitFor();
      await studio.outcome('Failed').waitFor();
      await studio.runToTheEnd();
      await studio.outcome('Answered').waitFor();
    });
  },
);
