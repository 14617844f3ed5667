/** The tiny store lives with the client, which needs it too and may not import from here. */
export { createStore, type Store, useStore } from '../client/store.ts';
