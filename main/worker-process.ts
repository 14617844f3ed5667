/**
 * A process of ours that does what must neither freeze the host nor take it down. How one is made depends on the
 * shell, which injects `SpawnWorker`: a fork of Node in browser mode, a utility process on the desktop.
 */
export interface WorkerProcess {
  /** Structured clone; a message to a process that has ended is dropped. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the process could not be started. */
  onExit(listener: (reason: string) => void): void;
  kill(): void;
}

/** `engine` runs agents; `images` decodes files that came from outside, `tables` reads tables that did. */
export type WorkerName = 'engine' | 'images' | 'tables';

export type SpawnWorker = (name: WorkerName) => WorkerProcess;
