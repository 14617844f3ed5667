import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CHOOSE_PATHS, PORT_OFFERED, PORT_WANTED } from '../../shared/contract/desktop.ts';
import type { Shell } from '../../shared/contract/shell.ts';

// All that the page gets: these two functions, and a MessagePort to the host when it asks for one.
const shell: Shell = {
  kind: 'desktop',
  choosePaths: (kind) => ipcRenderer.invoke(CHOOSE_PATHS, kind) as Promise<readonly string[] | null>,
  pathForFile: (file) => webUtils.getPathForFile(file as File),
};
contextBridge.exposeInMainWorld('shell', shell);

window.addEventListener('message', (event) => {
  if (event.source === window && event.data === PORT_WANTED) ipcRenderer.send(PORT_WANTED);
});
ipcRenderer.on(PORT_OFFERED, (event) => {
  window.postMessage(PORT_OFFERED, window.location.origin, [...event.ports]);
});
