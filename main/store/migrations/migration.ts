import type Database from 'better-sqlite3';

/** One step of the schema. Never edited once a release has it: a later step repairs an earlier one. */
export interface Migration {
  /** What `user_version` says afterwards; rises from step to step. */
  readonly version: number;
  readonly name: string;
  run(database: Database.Database): void;
}
