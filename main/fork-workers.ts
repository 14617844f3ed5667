import { fileURLToPath } from 'node:url';
import { forkEngine, forkTables, forkWorker } from './agent/engine/fork-worker.ts';
import type { SpawnWorker, WorkerName } from './worker-process.ts';

const ENTRIES: Readonly<Record<WorkerName, URL>> = {
  engine: new URL('./agent/engine/engine-process.ts', import.meta.url),
  images: new URL('./services/imports/image-worker.ts', import.meta.url),
  tables: new URL('./services/imports/tables/table-worker.ts', import.meta.url),
};

const FORKS: Readonly<Record<WorkerName, typeof forkWorker>> = {
  engine: forkEngine,
  images: forkWorker,
  tables: forkTables,
};

/** Workers of browser mode: forks of this Node, which end when their channel to it closes. */
export const spawnForkedWorker: SpawnWorker = (name) => {
  const handle = FORKS[name](fileURLToPath(ENTRIES[name]));
  return {
    send: (message) => handle.post(message),
    onMessage: (listener) => handle.onMessage(listener),
    onExit: (listener) => handle.onExit(listener),
    kill: () => handle.kill(),
  };
};
