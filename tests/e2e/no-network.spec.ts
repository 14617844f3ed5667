import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchChromium, openPage } from '../helpers/chromium.ts';
import { readTrace, traceInto, whyNoTrace } from '../helpers/network-trace.ts';
import { writeSampleSet } from '../helpers/sample-set.ts';
import { startApp } from '../helpers/start-app.ts';
import { tempFolder } from '../helpers/temp.ts';
import { Studio } from './page-objects/studio.ts';

const reason = whyNoTrace();

describe.skipIf(reason !== null)(
  `nothing leaves the machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('the app, idle and running, connects to nothing but its own loopback', async () => {
      const folder = tempFolder('network');
      const trace = join(folder, 'trace');
      const set = await writeSampleSet(join(folder, 'set'));
      const app = await startApp({ workspace: join(folder, 'workspace'), prefix: traceInto(trace) });
      const browser = await launchChromium();
      try {
        const open = await openPage(browser, app.address);
        const studio = new Studio(open.page);
        await studio.importPath(set);
        await studio.watch('Which image is red?');
        await studio.runToTheEnd();
        for (const place of ['Agents', 'Settings', 'Library'] as const) await studio.goTo(place);

        const own = new URL(app.address).host;
        expect(open.requests.length).toBeGreaterThan(3);
        expect(open.requests.filter((url) => !url.startsWith('blob:') && new URL(url).host !== own)).toEqual(
          [],
        );
        expect(open.errors).toEqual([]);
      } finally {
        await browser.close();
        await app.stop();
      }
      expect(readTrace(trace).leaving).toEqual([]);
    });

    it('the tracer would have seen a connection that leaves', () => {
      const trace = join(tempFolder('network'), 'trace');
      // An address of the documentation's range: nobody answers there.
      const program =
        "require('node:net').connect(9, '192.0.2.1').on('error', () => {}); setTimeout(process.exit, 500)";
      const [file, ...args] = [...traceInto(trace), process.execPath, '-e', program];
      spawnSync(file, args);
      expect(readTrace(trace).leaving).toHaveLength(1);
      expect(readTrace(trace).leaving[0]).toContain('192.0.2.1');
    });
  },
);
