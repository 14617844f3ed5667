// The desktop entry. Windows, menu and dialogs; the host runs in a process of its own (main/host-process.ts).
import { app, BrowserWindow } from 'electron';
import { APP_ORIGIN, handleAppScheme, registerAppScheme } from './shell/app-scheme.ts';
import { createHostChild } from './shell/host-child.ts';
import { setMenu } from './shell/menu.ts';
import { answerPages } from './shell/page-channels.ts';
import { guardContents, guardSession } from './shell/security.ts';
import { openWindow } from './shell/window.ts';

app.enableSandbox();
registerAppScheme();
guardContents(APP_ORIGIN);

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => app.quit());
  process.on('SIGINT', () => app.quit());
  process.on('SIGTERM', () => app.quit());
  void app.whenReady().then(start);
} else {
  app.quit();
}

function start(): void {
  // Our own arguments come after the folder of the app in development, and alone when packaged.
  const host = createHostChild(process.argv.slice(app.isPackaged ? 1 : 2));
  guardSession();
  handleAppScheme(host.ask);
  answerPages(APP_ORIGIN, host.connectPage);
  setMenu();
  openWindow();

  let ending = false;
  app.on('before-quit', (event) => {
    if (ending) return;
    ending = true;
    event.preventDefault();
    void host.end().then(() => app.quit());
  });
}

function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    if (app.isReady()) openWindow();
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}
