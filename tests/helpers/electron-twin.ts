import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort as NodePort, Worker } from 'node:worker_threads';
import { PortTwin } from './port-twin.ts';

/**
 * A test double at a named edge, the `electron` module: its processes are threads and its ports are Node's, so that
 * everything above the edge runs for real on a machine where Electron's binary can't be had.
 */
export const electronTwin = {
  app: Object.assign(new EventEmitter(), { isPackaged: false, quit: () => undefined }),
  dialog: {
    shown: [] as string[],
    showErrorBox: (_title: string, text: string) => electronTwin.dialog.shown.push(text),
  },
  MessageChannelMain: class {
    readonly port1: PortTwin;
    readonly port2: PortTwin;

    constructor() {
      const { port1, port2 } = new MessageChannel();
      this.port1 = new PortTwin(port1);
      this.port2 = new PortTwin(port2);
    }
  },
  utilityProcess: {
    /** Every process that was started and has not ended, newest last. */
    running: [] as UtilityProcessTwin[],
    fork: (entry: string, args: string[]) => new UtilityProcessTwin(entry, args),
  },
};

/** A utility process as a thread: `process.exit` ends it alone, and it has its own `process.parentPort`. */
export class UtilityProcessTwin extends EventEmitter {
  readonly entry: string;
  readonly #thread: Worker;

  constructor(entry: string, args: readonly string[]) {
    super();
    this.entry = entry;
    this.#thread = new Worker(new URL('./utility-process-twin.ts', import.meta.url), {
      argv: [...args],
      workerData: { entry },
      execArgv: [],
    });
    electronTwin.utilityProcess.running.push(this);
    this.#thread.on('message', (message) => this.emit('message', message));
    this.#thread.once('exit', (code) => {
      const { running } = electronTwin.utilityProcess;
      running.splice(running.indexOf(this), 1);
      this.emit('exit', code);
    });
  }

  postMessage(message: unknown, ports: readonly PortTwin[] = []): void {
    const raw: NodePort[] = ports.map((port) => port.release());
    this.#thread.postMessage({ data: message, ports: raw }, raw);
  }

  kill(): boolean {
    void this.#thread.terminate();
    return true;
  }
}
