import { Button, CopyButton } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import type { CreateRunInput } from '../../../shared/contract/runs.ts';
import { shellLine } from '../../../shared/model/shell-words.ts';
import type { KnobDefaults } from '../../../shared/model/training-defaults.ts';
import { useCall } from '../../client/hooks.ts';
import type { KnobField, KnobValues } from './knob-fields.ts';
import { sameValue } from './knob-fields.ts';
import classes from './new-run.module.css';
import { trainWords } from './train-words.ts';

/** The command that does what the button does; what differs from the schema's defaults is in it. */
export function FromTerminal(props: {
  readonly input: CreateRunInput;
  readonly fields: readonly KnobField[];
  readonly values: KnobValues;
  readonly defaults: KnobDefaults;
}) {
  const { input, fields, values, defaults } = props;
  const info = useCall('app.info', undefined).data;
  if (info === undefined) return null;
  const changed = fields.filter(
    ({ path, defaultValue }) => values[path] !== undefined && !sameValue(values[path], defaultValue),
  ).length;
  const words = trainWords(input, { ...defaults, ...values }, info.workspacePath);
  const command = `npm run -s imagent -- ${shellLine(words)}`;
  return (
    <details className={classes['terminal'] ?? ''}>
      <summary>
        The same from a terminal{changed === 0 ? '' : ` (${changed} changed from the defaults)`}
      </summary>
      <pre className={classes['command']}>{command}</pre>
      <p className={classes['hint']}>Close the app before: a workspace is open in one program at a time.</p>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </details>
  );
}
