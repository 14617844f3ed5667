import { connectToHost } from '../../worker-channel.ts';
import type { EngineMessage } from './engine-protocol.ts';
import { createEngineServer } from './engine-server.ts';

/** Entry of the engine process. How it reaches the host that started it depends on the shell. */
const host = connectToHost();
const server = createEngineServer((message: EngineMessage) => host.send(message));
host.onMessage((message) => server.receive(message));
