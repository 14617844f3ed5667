import {
  BrowserWindow,
  dialog,
  ipcMain,
  type MessagePortMain,
  MessageChannelMain,
  type WebFrameMain,
} from 'electron';
import { CHOOSE_PATHS, PORT_OFFERED, PORT_WANTED } from '../../shared/contract/desktop.ts';

/** File endings that the dialog offers first; the host looks at the bytes, not at the name. */
const IMAGE_ENDINGS = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'bmp', 'avif'];

/** Answers the two things that a page may ask of the shell. Anybody but our own top frame gets nothing. */
export function answerPages(origin: string, connectPage: (port: MessagePortMain) => void): void {
  ipcMain.on(PORT_WANTED, (event) => {
    if (!isOurPage(event.senderFrame, origin)) return;
    const { port1, port2 } = new MessageChannelMain();
    connectPage(port2);
    event.sender.postMessage(PORT_OFFERED, null, [port1]);
  });

  ipcMain.handle(CHOOSE_PATHS, async (event, kind: unknown): Promise<readonly string[] | null> => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!isOurPage(event.senderFrame, origin) || window === null) throw new Error('Refused.');
    const chosen =
      kind === 'folder'
        ? await dialog.showOpenDialog(window, { properties: ['openDirectory'] })
        : await dialog.showOpenDialog(window, {
            properties: ['openFile', 'multiSelections'],
            filters: [
              { name: 'Images and samples', extensions: [...IMAGE_ENDINGS, 'jsonl'] },
              { name: 'All files', extensions: ['*'] },
            ],
          });
    return chosen.canceled ? null : chosen.filePaths;
  });
}

function isOurPage(frame: WebFrameMain | null, origin: string): boolean {
  return frame !== null && frame.parent === null && frame.origin === origin;
}
