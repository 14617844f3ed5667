import type { AppRouter } from '../../main/router.ts';

type Features = AppRouter['_def']['record'];
type Kind = 'query' | 'mutation' | 'subscription';

/** `feature.name` of every procedure of one kind. */
type PathOf<Wanted extends Kind> = {
  [Feature in keyof Features & string]: {
    [Name in keyof Features[Feature] & string]: Features[Feature][Name] extends { _def: { type: Wanted } }
      ? `${Feature}.${Name}`
      : never;
  }[keyof Features[Feature] & string];
}[keyof Features & string];

export type QueryPath = PathOf<'query'>;
export type MutationPath = PathOf<'mutation'>;
export type SubscriptionPath = PathOf<'subscription'>;
export type ProcedurePath = QueryPath | MutationPath | SubscriptionPath;

type ProcedureAt<Path extends string> = Path extends `${infer Feature}.${infer Name}`
  ? Feature extends keyof Features
    ? Name extends keyof Features[Feature]
      ? Features[Feature][Name]
      : never
    : never
  : never;

type TypesOf<Path extends string> =
  ProcedureAt<Path> extends { _def: { $types: infer Types extends { input: unknown; output: unknown } } }
    ? Types
    : never;

export type InputOf<Path extends ProcedurePath> = TypesOf<Path>['input'];
export type OutputOf<Path extends QueryPath | MutationPath> = TypesOf<Path>['output'];

/** A value of a stream: `tracked` ones arrive as `{ id, data }`, and the id is what a resume starts from. */
type Arrival<Yielded> = Yielded extends readonly [unknown, infer Data, symbol]
  ? { readonly id: string; readonly data: Data }
  : Yielded;

export type ValueOf<Path extends SubscriptionPath> =
  TypesOf<Path>['output'] extends AsyncIterable<infer Yielded> ? Arrival<Yielded> : never;
