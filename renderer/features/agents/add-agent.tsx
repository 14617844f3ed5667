import { Button, Group, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { AgentSource } from '../../../shared/model/agent-version.ts';
import { useClient, useMutation } from '../../client/hooks.ts';
import { notify } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './agents.module.css';

/** Dialog: a model folder, or a model server. */
export function AddAgent({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title="Add an agent">
      {opened ? <AgentFields onClose={onClose} /> : null}
    </Modal>
  );
}

/** Null while something is missing or is not an address. */
function sourceOf(
  kind: AgentSource['kind'],
  folder: string,
  baseUrl: string,
  model: string,
): AgentSource | null {
  if (kind === 'folder') return folder.trim() === '' ? null : { kind, folder: folder.trim() };
  if (!URL.canParse(baseUrl.trim()) || !/^https?:/.test(baseUrl.trim()) || model.trim() === '') return null;
  return { kind, baseUrl: baseUrl.trim(), model: model.trim() };
}

function AgentFields({ onClose }: { onClose: () => void }) {
  const { shell } = useClient();
  const [kind, setKind] = useState<AgentSource['kind']>('folder');
  const [name, setName] = useState('');
  const [folder, setFolder] = useState('');
  const [baseUrl, setBaseUrl] = useState('');
  const [model, setModel] = useState('');
  const who = useReviewer();
  const add = useMutation('agents.add', {
    onSuccess: (agent) => {
      notify(agent.problem ?? 'Choose it in the header to run it next.', `${agent.name} was added`);
      onClose();
    },
  });
  const source = sourceOf(kind, folder, baseUrl, model);
  const submit = (): void => {
    if (source !== null) add.mutate({ ...who, source, ...(name.trim() === '' ? {} : { name: name.trim() }) });
  };
  const chooseFolder = async (): Promise<void> => {
    const path = (await shell?.choosePaths('folder'))?.[0];
    if (path !== undefined) setFolder(path);
  };
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <SegmentedControl
        aria-label="Where it runs"
        value={kind}
        onChange={(value) => setKind(value === 'openai' ? 'openai' : 'folder')}
        data={[
          { value: 'folder', label: 'Model folder, in this app' },
          { value: 'openai', label: 'OpenAI-compatible server' },
        ]}
      />
      {kind === 'folder' ? (
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            className={classes['grow'] ?? ''}
            label="Folder on the machine where the app runs"
            description="A Qwen2.5-VL model in the published ONNX layout: config.json, tokenizer.json, onnx/…"
            placeholder="/models/my-agent"
            value={folder}
            data-autofocus
            onChange={(event) => setFolder(event.currentTarget.value)}
          />
          {shell === null ? null : (
            <Button variant="default" onClick={() => void chooseFolder()}>
              Choose…
            </Button>
          )}
        </Group>
      ) : (
        <>
          <TextInput
            label="Address"
            description="vLLM, llama-server, Ollama, LM Studio or SGLang. Images are sent to this address and to no other."
            placeholder="http://127.0.0.1:8000/v1"
            value={baseUrl}
            error={
              baseUrl.trim() !== '' && !URL.canParse(baseUrl.trim())
                ? 'Write an address such as http://127.0.0.1:8000/v1'
                : null
            }
            onChange={(event) => setBaseUrl(event.currentTarget.value)}
          />
          <TextInput
            label="Model"
            description="As the server names it."
            placeholder="Qwen/Qwen2.5-VL-7B-Instruct"
            value={model}
            onChange={(event) => setModel(event.currentTarget.value)}
          />
        </>
      )}
      <TextInput
        label="Name"
        description="Optional. Shown in lists instead of the folder's or model's own name."
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {add.error === null ? null : <ErrorNotice failure={add.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={source === null} loading={add.isPending}>
          Add
        </Button>
      </Group>
    </form>
  );
}
