import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the default workspace lies, as each system wants it. `IMAGENT_WORKSPACE` says otherwise. */
export function defaultWorkspacePath(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const chosen = environment['IMAGENT_WORKSPACE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return join(dataFolder(environment, platform, home), 'imagent-studio', 'workspace');
}

function dataFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  const named = environment[platform === 'win32' ? 'APPDATA' : 'XDG_DATA_HOME'];
  if (named !== undefined && isAbsolute(named)) return named;
  return platform === 'win32' ? join(home, 'AppData', 'Roaming') : join(home, '.local', 'share');
}
