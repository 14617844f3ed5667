import { app, session } from 'electron';

/** Schemes that a page may load from; everything else, the network above all, is cancelled. */
const LOADED_SCHEMES = new Set(['app:', 'blob:', 'data:', 'devtools:']);

/** No window, frame or view may leave the page, open another or embed one. Call it before any of them exists. */
export function guardContents(origin: string): void {
  const staysHere = (url: string): boolean => url === origin || url.startsWith(`${origin}/`);
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => {
      if (!staysHere(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!staysHere(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
  });
}

/** Refuses every permission and every request that would leave the machine. */
export function guardSession(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.setSpellCheckerEnabled(false);
  defaultSession.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !LOADED_SCHEMES.has(new URL(details.url).protocol) });
  });
}
