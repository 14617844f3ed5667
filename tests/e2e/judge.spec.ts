import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousAccessibilityProblems } from '../helpers/axe.ts';
import { keepScreen, launchChromium, openPage } from '../helpers/chromium.ts';
import type { OpenPage, Theme } from '../helpers/chromium.ts';
import { startApp } from '../helpers/start-app.ts';
import type { RunningApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';

/** A judge on the loopback: it says what it is told to say, and keeps what it was asked. */
interface JudgeServer {
  readonly address: string;
  readonly asked: readonly { readonly key: string | undefined; readonly last: string }[];
  says: (last: string) => string;
  /** What it refuses every request with; null: it answers. */
  refuses: { readonly status: number; readonly message: string } | null;
  close(): Promise<void>;
}

async function startJudge(): Promise<JudgeServer> {
  const asked: { key: string | undefined; last: string }[] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { messages } = JSON.parse(Buffer.concat(parts).toString('utf8'));
      const last = String(messages.at(-1).content);
      asked.push({ key: request.headers.authorization, last });
      const { refuses } = judge;
      const reply =
        refuses === null
          ? { choices: [{ message: { content: judge.says(last) } }] }
          : { error: { message: refuses.message } };
      response
        .writeHead(refuses?.status ?? 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const judge: JudgeServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    says: () => '1',
    refuses: null,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return judge;
}

const LONG = { timeout: 120_000 };

describe('the judge in the form of a run', () => {
  const folder = makeTempFolder('judge');
  let app: RunningApp;
  let browser: Browser;
  let judge: JudgeServer;

  beforeAll(async () => {
    [app, browser, judge] = await Promise.all([
      startApp({ workspace: join(folder, 'workspace'), env: { IMAGENT_TEST_KEY: 'sesame' } }),
      launchChromium(),
      startJudge(),
    ]);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await judge.close();
    removeFolder(folder);
  });

  it('is named, tested in every way in which it can come out, and saved without its key', async () => {
    const { page }: OpenPage = await openPage(browser, app.address);
    await page.setViewportSize({ width: 1100, height: 700 });
    await page.getByRole('navigation').waitFor(LONG);
    await page.evaluate(() => {
      location.hash = '#/training/new';
    });
    await page.getByRole('button', { name: /^Advanced/ }).click(LONG);
    await page.getByRole('button', { name: /^Reward/ }).click();
    const part = page.getByRole('region', { name: 'Judge' });
    await part.getByRole('switch', { name: 'Judge' }).click();
    const test = part.getByRole('button', { name: 'Test the judge' });
    expect(await test.isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
    const type = async (name: string, text: string): Promise<void> => {
      await part.getByRole('textbox', { name, exact: true }).fill(text);
      await part.getByRole('textbox', { name, exact: true }).press('Enter');
    };
    await type('Judge: address', judge.address);
    await type('Judge: model', 'any');
    await type('Judge: variable of the key', 'IMAGENT_TEST_KEY');

    judge.says = (last) => (last.includes('leans') ? '1' : '0');
    await test.click();
    await part.getByText('It works.').waitFor(LONG);
    expect(judge.asked.map(({ key }) => key)).toEqual(['Bearer sesame', 'Bearer sesame']);
    await page.getByText('go to the judge at').waitFor();
    expect(await seriousAccessibilityProblems(page)).toEqual([]);
    await test.scrollIntoViewIfNeeded();
    const themes: readonly Theme[] = ['dark', 'light'];
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await keepScreen(page, `judge-${theme}`);
    }
    await part.getByRole('switch', { name: 'Judge' }).scrollIntoViewIfNeeded();
    await keepScreen(page, 'judge-top-light');

    judge.says = () => '1';
    await test.click();
    await part.getByText('It answers, but not rightly.').waitFor(LONG);
    judge.says = () => 'perhaps';
    await test.click();
    await part.getByText('neither 1 nor 0').waitFor(LONG);

    judge.refuses = { status: 404, message: 'The model `any` does not exist.' };
    await test.click();
    await part.getByText('HTTP status 404: The model `any` does not exist.').waitFor(LONG);
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await keepScreen(page, `judge-refused-${theme}`);
    }
    judge.refuses = { status: 401, message: 'sesame is no key' };
    await test.click();
    await part.getByText('does not take this key').waitFor(LONG);
    expect(await page.getByText('sesame').count()).toBe(0);
    judge.refuses = null;
    await test.click();
    await part.getByText('neither 1 nor 0').waitFor(LONG);

    // What was found does not stand beside settings that it was not found for.
    await type('Judge: variable of the key', 'IMAGENT_NO_SUCH_KEY');
    await part.getByText('neither 1 nor 0').waitFor({ state: 'detached' });
    await test.click();
    await part.getByText('IMAGENT_NO_SUCH_KEY holds no key').waitFor(LONG);

    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save configuration' }).click();
    const saved = await (await saving).createReadStream();
    const parts: Buffer[] = [];
    for await (const one of saved) parts.push(one as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    expect(JSON.parse(text).judge).toMatchObject({
      base_url: judge.address,
      model: 'any',
      api_key_env: 'IMAGENT_NO_SUCH_KEY',
    });
    expect(text).not.toContain('sesame');

    await type('Judge: variable of the key', '');
    await judge.close();
    await test.click();
    await part.getByText('cannot be reached').waitFor(LONG);
    await part.getByRole('switch', { name: 'Judge' }).click();
    await page.getByText('go to the judge at').waitFor({ state: 'detached' });
  });
});
