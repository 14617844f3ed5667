import { ActionIcon, Tooltip } from '@mantine/core';
import { IconMask } from '@tabler/icons-react';

/** The way from an episode or a correction to what training would do with each of its tokens. */
export function MaskLink({ href }: { readonly href: string }) {
  const label = 'What training would do with each token';
  return (
    <Tooltip label={label}>
      <ActionIcon component="a" variant="default" size={30} href={href} aria-label={label}>
        <IconMask size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
