import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../main/bootstrap/chromium.mjs';
import { ROOT } from './project.ts';

export const SCREENS = join(ROOT, 'test-results', 'screens');

/** The system's Chromium, told to keep to itself. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('Chromium was not found; `npm test -- e2e` says how to get it.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export type Theme = 'dark' | 'light';

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Addresses of every request and socket of the page, in order. */
  readonly requests: readonly string[];
  /** Errors of the page's own code and console. */
  readonly errors: readonly string[];
  readonly close: () => Promise<void>;
}

/** A page of its own (no cookies of another) at an address. */
export async function openPage(browser: Browser, address: string, theme: Theme = 'dark'): Promise<OpenPage> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  // A machine that is busy with other suites is slow, not broken.
  context.setDefaultTimeout(60_000);
  context.setDefaultNavigationTimeout(120_000);
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(address);
  return { page, context, requests, errors, close: () => context.close() };
}

/** Keeps a picture of the page as an artefact of the run. */
export async function keepScreen(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  // Away from the button that was pressed last, whose tooltip would lie over the picture.
  await page.mouse.move(1, 1);
  await page.getByRole('tooltip').first().waitFor({ state: 'hidden' });
  await page.screenshot({ path: join(SCREENS, `${name}.png`) });
}
