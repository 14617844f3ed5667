import { Button, CopyButton, Select, Table } from '@mantine/core';
import { IconCopy, IconDeviceFloppy } from '@tabler/icons-react';
import { useState } from 'react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import { runId } from '../../../shared/model/ids.ts';
import type { RunId } from '../../../shared/model/ids.ts';
import type { TrainConfig } from '../../../shared/trainer-protocol/config.ts';
import { useCall } from '../../client/hooks.ts';
import { differences, saveAsFile } from './config-file.ts';
import { FOLDS, KNOB_FIELDS, ORIGIN_WORDS, readPath, sameValue, showValue } from './knob-fields.ts';
import classes from './training.module.css';

/** The configuration of a run: as a file, as a command, against another run's. */
export function Configuration({ detail }: { readonly detail: RunDetail }) {
  const { run, config, folder, command } = detail;
  const [other, setOther] = useState<RunId | null>(null);
  const others = (useCall('runs.list', undefined).data ?? []).filter(({ id }) => id !== run.id);
  return (
    <div className={classes['configuration']}>
      <section className={classes['box']} aria-label="From a terminal">
        <h2>From a terminal</h2>
        <div className={classes['commandLine']}>
          <code>{command}</code>
          <CopyButton value={command}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </div>
        <p className={classes['quiet']}>
          It starts this run, or goes on from its last whole checkpoint. Everything of the run is in{' '}
          <code className={classes['code']}>{folder}</code>.
        </p>
      </section>
      <section className={classes['box']} aria-label="Settings">
        <div className={classes['boxHead']}>
          <h2>Settings</h2>
          <Select
            aria-label="Compare with another run"
            placeholder="Compare with another run"
            clearable
            data={others.map(({ id, name, createdAt }) => ({
              value: id,
              label: `${name} (${new Date(createdAt).toLocaleDateString()})`,
            }))}
            value={other}
            onChange={(value) => setOther(runId.safeParse(value).data ?? null)}
          />
          <Button
            variant="default"
            leftSection={<IconDeviceFloppy size={14} aria-hidden />}
            onClick={() => saveAsFile(`${run.id}.json`, `${JSON.stringify(config, null, 2)}\n`)}
          >
            Save as a file
          </Button>
        </div>
        {other === null ? <Settings config={config} /> : <Against config={config} other={other} />}
      </section>
    </div>
  );
}

function Settings({ config }: { readonly config: TrainConfig }) {
  return (
    <Table aria-label="Settings of this run" className={classes['settings'] ?? ''}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Setting</Table.Th>
          <Table.Th>Value</Table.Th>
          <Table.Th>Default</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {FOLDS.flatMap(({ fold }) => KNOB_FIELDS.filter((field) => field.fold === fold))
          .filter(({ path }) => readPath(config, path) !== undefined)
          .map((field) => {
            const value = readPath(config, field.path);
            const isChanged = !sameValue(value, field.defaultValue);
            return (
              <Table.Tr key={field.path}>
                <Table.Td title={field.description}>
                  {field.title} <code className={classes['code']}>{field.path}</code>
                </Table.Td>
                <Table.Td data-changed={isChanged || undefined}>{showValue(value)}</Table.Td>
                <Table.Td className={classes['quiet'] ?? ''}>
                  {showValue(field.defaultValue)}, {ORIGIN_WORDS[field.origin]}
                </Table.Td>
              </Table.Tr>
            );
          })}
      </Table.Tbody>
    </Table>
  );
}

function Against({ config, other }: { readonly config: TrainConfig; readonly other: RunId }) {
  const theirs = useCall('runs.get', { id: other }).data;
  if (theirs === undefined) return null;
  const found = differences(config, theirs.config);
  if (found.length === 0) return <p className={classes['quiet']}>Both have the same settings.</p>;
  return (
    <Table aria-label="What differs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Setting</Table.Th>
          <Table.Th>This run</Table.Th>
          <Table.Th>{theirs.run.name}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {found.map(({ path, title, one, other: value }) => (
          <Table.Tr key={path}>
            <Table.Td>
              {title} <code className={classes['code']}>{path}</code>
            </Table.Td>
            <Table.Td>{one}</Table.Td>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
