import { DEFAULT_SETTINGS, settings } from '../../../shared/model/settings.ts';
import type { Settings } from '../../../shared/model/settings.ts';
import type { WorkspaceDatabase } from '../database.ts';

export interface SettingsRepository {
  get(): Settings;
  set(value: Settings): void;
  /** Things that the host remembers about the workspace, such as that the demo set was put in once. */
  getMark(name: string): string | null;
  setMark(name: string, value: string): void;
}

export function createSettingsRepository(database: WorkspaceDatabase): SettingsRepository {
  const { raw } = database;
  const select = raw.prepare<[string], { value: string }>('SELECT value FROM settings WHERE name = ?');
  const put = raw.prepare<[string, string]>(
    'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  return {
    get: () =>
      database.read(() => {
        const row = select.get('settings');
        const parsed = row ? settings.safeParse({ ...DEFAULT_SETTINGS, ...JSON.parse(row.value) }) : null;
        return parsed?.success ? parsed.data : DEFAULT_SETTINGS;
      }),
    set: (value) =>
      database.write(() => {
        put.run('settings', JSON.stringify(value));
      }),
    getMark: (name) => database.read(() => select.get(`mark:${name}`)?.value ?? null),
    setMark: (name, value) =>
      database.write(() => {
        put.run(`mark:${name}`, value);
      }),
  };
}
