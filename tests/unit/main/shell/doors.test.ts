import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGE_HEADERS } from '../../../../shared/contract/page-policy.ts';
import { ROOT } from '../../../helpers/project.ts';

// Electron's binary can't be had on every machine that runs the tests, so what the shell must never say is read
// from its sources; window.desktop.spec.ts looks at the real window where there is one.

const folder = join(ROOT, 'main', 'shell');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .concat(readFileSync(join(ROOT, 'main', 'electron.ts'), 'utf8'))
  .join('\n');

describe('the desktop shell', () => {
  it.each(['sandbox: false', 'contextIsolation: false', 'nodeIntegration: true', 'webSecurity: false'])(
    'never says %s',
    (words) => expect(sources).not.toContain(words),
  );

  it.each([
    'openExternal',
    'openPath',
    'executeJavaScript',
    'remote',
    'webviewTag: true',
    'allowRunningInsecureContent',
  ])('has no use for %s', (words) => expect(sources).not.toContain(words));

  it.each([
    'app.enableSandbox()',
    "setWindowOpenHandler(() => ({ action: 'deny' }))",
    'setPermissionRequestHandler',
    'setPermissionCheckHandler',
    'setDevicePermissionHandler',
    "'will-navigate'",
    "'will-frame-navigate'",
    "'will-attach-webview'",
    'sandbox: true',
  ])('says %s', (words) => expect(sources).toContain(words));
});

describe('the page policy', () => {
  const directives = new Map(
    (PAGE_HEADERS['content-security-policy'] ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')] as const;
    }),
  );

  it('lets in no script but the page’s own files', () => {
    expect(directives.get('default-src')).toBe("'none'");
    expect(directives.get('script-src')).toBe("'self'");
  });

  it('names no address of the network', () => {
    expect([...directives.values()].join(' ')).not.toMatch(/https?:|wss?:|\*/);
  });
});
