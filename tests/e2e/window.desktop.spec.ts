import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepScreen } from '../helpers/chromium.ts';
import { ROOT } from '../helpers/project.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';

const BINARIES = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
const binary = join(
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(ROOT, 'node_modules/electron/dist'),
  BINARIES[process.platform as keyof typeof BINARIES] ?? 'electron',
);

function whyNoWindow(): string | null {
  if (!existsSync(binary))
    return "Electron's binary is not here; the first `npm start` with a display fetches it";
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  return hasDisplay ? null : 'there is no display';
}

const reason = whyNoWindow();

describe.skipIf(reason !== null)(`the window${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const workspace = makeTempFolder('desktop');
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    app = await _electron.launch({
      executablePath: binary,
      args: [...sandbox, ROOT, '--workspace', workspace],
    });
    page = await app.firstWindow();
  });
  afterAll(async () => {
    await app?.close();
    removeFolder(workspace);
  });

  it('opens the app over its own scheme and reaches the host', async () => {
    expect(page.url()).toMatch(/^app:\/\/studio\//);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).waitFor();
    await keepScreen(page, 'desktop-window');
  });

  it('gives the page no Node', async () => {
    const kinds = await page.evaluate('[typeof require, typeof process, typeof module]');
    expect(kinds).toEqual(['undefined', 'undefined', 'undefined']);
  });

  it('shuts every door of the window', async () => {
    const preferences = await app.evaluate(({ webContents }) => {
      const contents = webContents.getAllWebContents()[0] as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      const { sandbox, contextIsolation, nodeIntegration, webSecurity } = contents.getLastWebPreferences();
      return { sandbox, contextIsolation, nodeIntegration, webSecurity };
    });
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
  });

  it.each([
    'https://example.org/',
    'file:///etc/passwd',
    'data:text/html,x',
    'javascript:alert(1)',
    'mailto:a@b.c',
  ])('opens no window for %s', async (address) => {
    const opened = await page.evaluate((url) => window.open(url) === null, address);
    expect(opened).toBe(true);
    expect(app.windows()).toHaveLength(1);
  });

  it('stays where it is', async () => {
    const before = page.url();
    await page.evaluate(() => {
      window.location.href = 'https://example.org/';
    });
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(page.url()).toBe(before);
  });

  it.each(['camera', 'geolocation', 'notifications', 'clipboard-read'])('refuses %s', async (name) => {
    const state = await page.evaluate(
      async (permission) => (await navigator.permissions.query({ name: permission as PermissionName })).state,
      name,
    );
    expect(state).toBe('denied');
  });
});
