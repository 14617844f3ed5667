import { homedir } from 'node:os';
import { join } from 'node:path';
import { dataFolder } from './bootstrap/paths.mjs';

/** Where the default workspace lies, as each system wants it. `IMAGENT_WORKSPACE` says otherwise. */
export function defaultWorkspacePath(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const chosen = environment['IMAGENT_WORKSPACE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return join(dataFolder(environment, platform, home), 'workspace');
}
