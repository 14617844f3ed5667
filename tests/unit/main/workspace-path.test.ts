import { describe, expect, it } from 'vitest';
import { defaultWorkspacePath } from '../../../main/workspace-path.ts';

describe('the default workspace', () => {
  it.each([
    ['linux', {}, '/home/ada/.local/share/imagent-studio/workspace'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/imagent-studio/workspace'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/imagent-studio/workspace'],
    ['darwin', {}, '/home/ada/Library/Application Support/imagent-studio/workspace'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/imagent-studio/workspace'],
    ['win32', {}, '/home/ada/AppData/Roaming/imagent-studio/workspace'],
  ] as const)('on %s with %j is %s', (platform, environment, path) => {
    expect(defaultWorkspacePath(environment, platform, '/home/ada')).toBe(path);
  });

  it('is where IMAGENT_WORKSPACE says, on every system', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(defaultWorkspacePath({ IMAGENT_WORKSPACE: '/mine' }, platform, '/home/ada')).toBe('/mine');
    }
  });
});
