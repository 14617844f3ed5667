import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A test double at a named edge, the `electron` module: its processes are Node's and its ports go through this
 * process, so that everything above the edge runs for real on a machine where Electron's binary can't be had.
 */

/** What a process and this one say to each other. A port is known by its number on both sides. */
export type TwinMessage =
  | { readonly kind: 'main'; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'port'; readonly id: number; readonly message: unknown }
  | { readonly kind: 'close'; readonly id: number };

const ports = new Map<number, PortTwin>();

/** `MessagePortMain`: events carry `data`, and nothing comes before `start()`. */
export class PortTwin extends EventEmitter {
  readonly id = ports.size + 1;
  peer: PortTwin | null = null;
  /** The process that the port was handed to; null while it is here. */
  owner: UtilityProcessTwin | null = null;
  #waiting: unknown[] | null = [];

  constructor() {
    super();
    ports.set(this.id, this);
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waiting) this.emit('message', { data, ports: [] });
  }

  postMessage(message: unknown): void {
    this.peer?.deliver(message);
  }

  close(): void {
    this.peer?.closed();
    this.closed();
  }

  /** Something has come for this end. */
  deliver(message: unknown): void {
    if (this.owner !== null) this.owner.tell({ kind: 'port', id: this.id, message });
    else if (this.#waiting === null) this.emit('message', { data: message, ports: [] });
    else this.#waiting.push(message);
  }

  /** The other end is gone. */
  closed(): void {
    if (this.peer === null) return;
    this.peer = null;
    if (this.owner === null) this.emit('close');
    else this.owner.tell({ kind: 'close', id: this.id });
  }
}

export class MessageChannelTwin {
  readonly port1 = new PortTwin();
  readonly port2 = new PortTwin();

  constructor() {
    this.port1.peer = this.port2;
    this.port2.peer = this.port1;
  }
}

/** Processes that were started and have not ended, newest last. */
export const runningProcesses: UtilityProcessTwin[] = [];

/** `UtilityProcess`, as a Node process that is given Electron's `process.parentPort`. */
export class UtilityProcessTwin extends EventEmitter {
  readonly entry: string;
  readonly #child: ChildProcess;

  constructor(entry: string, args: readonly string[]) {
    super();
    this.entry = entry;
    this.#child = fork(
      fileURLToPath(new URL('./utility-process-twin.ts', import.meta.url)),
      [entry, ...args],
      {
        serialization: 'advanced',
        execArgv: [],
      },
    );
    runningProcesses.push(this);
    this.#child.on('message', (message) => this.#heard(message as TwinMessage));
    this.#child.once('exit', (code) => {
      runningProcesses.splice(runningProcesses.indexOf(this), 1);
      for (const port of ports.values()) if (port.owner === this) port.peer?.closed();
      this.emit('exit', code ?? 1);
    });
  }

  #heard(message: TwinMessage): void {
    if (message.kind === 'main') this.emit('message', message.data);
    else if (message.kind === 'port') ports.get(message.id)?.peer?.deliver(message.message);
    else ports.get(message.id)?.peer?.closed();
  }

  tell(message: TwinMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  postMessage(data: unknown, transferred: readonly PortTwin[] = []): void {
    for (const port of transferred) port.owner = this;
    this.tell({ kind: 'main', data, ports: transferred.map((port) => port.id) });
  }

  kill(): boolean {
    return this.#child.kill('SIGKILL');
  }
}

/** What `dialog.showErrorBox` was given. */
export const shownErrors: string[] = [];

/** The module itself, as far as the shell's process side uses it. */
export const electronTwin = {
  app: Object.assign(new EventEmitter(), { isPackaged: false, quit: () => undefined }),
  dialog: { showErrorBox: (_title: string, text: string) => shownErrors.push(text) },
  MessageChannelMain: MessageChannelTwin,
  utilityProcess: { fork: (entry: string, args: readonly string[]) => new UtilityProcessTwin(entry, args) },
};
