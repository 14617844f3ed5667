import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import { useCall } from '../../client/hooks.ts';

/**
 * The theme of the workspace's settings, put on the page. Mantine remembers it in the browser too, so that the next
 * start shows it before the host has answered.
 */
export function useThemeSetting(): void {
  const theme = useCall('settings.get', undefined).data?.theme;
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    if (theme !== undefined) setColorScheme(theme === 'system' ? 'auto' : theme);
  }, [theme, setColorScheme]);
}
