import {
  useMutation as useQueryMutation,
  useQuery,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef } from 'react';
import { useStore } from './store.ts';
import type { StreamHandlers, StudioClient } from './client.ts';
import type { ConnectionState } from './connection.ts';
import type { Failure } from './failure.ts';
import type { InputOf, MutationPath, OutputOf, QueryPath, SubscriptionPath, ValueOf } from './procedures.ts';

const ClientContext = createContext<StudioClient | null>(null);
export const ClientProvider = ClientContext.Provider;

export function useClient(): StudioClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('useClient outside ClientProvider');
  return client;
}

export function useConnection(): ConnectionState {
  return useStore(useClient().connection, (state) => state);
}

/** Key under which a query's answer is kept. The first part is the feature, which is what notices name. */
export function callKey(path: QueryPath, input: unknown): readonly unknown[] {
  return [...path.split('.'), input ?? null];
}

/**
 * The answer of a query, read again when the host says that it changed.
 * `keepWhileLoading` shows the answer for the previous input until the new one is there.
 */
export function useCall<Path extends QueryPath>(
  path: Path,
  input: InputOf<Path>,
  options: { readonly enabled?: boolean; readonly keepWhileLoading?: boolean } = {},
): UseQueryResult<OutputOf<Path>, Failure> {
  const client = useClient();
  return useQuery<OutputOf<Path>, Failure>({
    queryKey: callKey(path, input),
    queryFn: ({ signal }) => client.query(path, input, signal),
    enabled: options.enabled ?? true,
    ...(options.keepWhileLoading === true ? { placeholderData: (previous) => previous } : {}),
  });
}

/** A change. The lists that it touches are read again by the host's own notices. */
export function useMutation<Path extends MutationPath>(
  path: Path,
  options: {
    readonly onSuccess?: (output: OutputOf<Path>) => void;
    readonly onFailure?: (failure: Failure) => void;
  } = {},
): UseMutationResult<OutputOf<Path>, Failure, InputOf<Path>> {
  const client = useClient();
  return useQueryMutation<OutputOf<Path>, Failure, InputOf<Path>>({
    mutationFn: (input) => client.mutate(path, input),
    ...(options.onSuccess === undefined ? {} : { onSuccess: options.onSuccess }),
    ...(options.onFailure === undefined ? {} : { onError: options.onFailure }),
  });
}

/** Listens to a stream while mounted and `input` is not null. A change of input ends it and begins another. */
export function useStream<Path extends SubscriptionPath>(
  path: Path,
  input: InputOf<Path> | null,
  handlers: StreamHandlers<ValueOf<Path>>,
): void {
  const client = useClient();
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  const key = input === null ? null : JSON.stringify(input ?? {});
  useEffect(() => {
    if (key === null) return undefined;
    return client.subscribe(path, input as InputOf<Path>, {
      onValue: (value) => latest.current.onValue(value),
      onStarted: () => latest.current.onStarted?.(),
      onFailure: (failure) => latest.current.onFailure?.(failure),
      onEnd: () => latest.current.onEnd?.(),
    });
    // `key` stands for `input`, which is a new object at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, path, key]);
}
