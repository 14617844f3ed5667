import { Button, Group, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { type AnswerKind, answerKind } from '../../../shared/model/sample.ts';
import { useMutation } from '../../client/hooks.ts';
import { notify } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { navigate } from '../../state/route.ts';
import { ANSWER_KIND_WORDS } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { ImageOrder } from './image-order.tsx';
import classes from './library.module.css';
import { draftOf, EMPTY_FORM, type FormProblems, moved, type SampleForm } from './sample-form.ts';

/** Dialog: a question about the chosen images. `images` is null while it is closed. */
export function MakeSample(props: {
  images: readonly ImageRecord[] | null;
  onClose: () => void;
  onMade: () => void;
}) {
  const { images, onClose, onMade } = props;
  return (
    <Modal opened={images !== null} onClose={onClose} size="lg" title="Make a sample">
      {images === null ? null : <SampleFields initialImages={images} onClose={onClose} onMade={onMade} />}
    </Modal>
  );
}

const REFERENCE_HINT: Readonly<Record<AnswerKind, string>> = {
  text: 'Optional. Alternatives a line each. Case, a leading article and a final full stop do not count.',
  number: 'Optional. Alternatives a line each.',
  choice: 'Optional. The letter or the words of the right choice.',
  yes_no: 'Optional.',
  set: 'Optional. All parts on one line, with commas between them; their order does not count. Alternatives a line each.',
};

function SampleFields(props: {
  initialImages: readonly ImageRecord[];
  onClose: () => void;
  onMade: () => void;
}) {
  // The dialog keeps its own copy: what is chosen behind it may be read again meanwhile.
  const [images, setImages] = useState(props.initialImages);
  const [form, setForm] = useState<SampleForm>(EMPTY_FORM);
  const [problems, setProblems] = useState<FormProblems>({});
  const [thenWatch, setThenWatch] = useState(true);
  const as = useReviewer();
  const create = useMutation('samples.create', {
    onSuccess: (sample) => {
      props.onMade();
      props.onClose();
      if (thenWatch) navigate({ screen: 'watch', sampleId: sample.id, episodeId: null });
      else notify('The sample is in the library.');
    },
  });
  const set = (part: Partial<SampleForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setProblems({});
  };
  const submit = (watch: boolean): void => {
    const { draft, problems: found } = draftOf(
      form,
      images.map((image) => image.id),
    );
    if (draft === null) {
      setProblems(found);
      return;
    }
    setThenWatch(watch);
    create.mutate({ ...as, draft });
  };
  return (
    // Ctrl+Enter works in every field of the form, text areas included.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className={classes['form']}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(true);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          submit(true);
        }
      }}
    >
      <ImageOrder
        images={images}
        problem={problems.images ?? null}
        onMove={(from, to) => setImages((now) => moved(now, from, to))}
        onRemove={(index) => {
          setImages((now) => now.toSpliced(index, 1));
          setProblems({});
        }}
      />
      <Textarea
        label="Question"
        required
        withAsterisk={false}
        data-autofocus
        autosize
        minRows={2}
        maxRows={8}
        placeholder="Which image shows …?"
        value={form.question}
        error={problems.question}
        onChange={(event) => set({ question: event.currentTarget.value })}
      />
      <div role="group" aria-label="Kind of answer">
        <div className={classes['label']}>Kind of answer</div>
        <SegmentedControl
          aria-label="Kind of answer"
          value={form.answerKind}
          onChange={(value) => set({ answerKind: answerKind.parse(value), answers: '' })}
          data={answerKind.options.map((value) => ({ value, label: ANSWER_KIND_WORDS[value] }))}
        />
      </div>
      {form.answerKind === 'choice' ? (
        <Textarea
          label="Choices"
          description="A line each. They are shown to the agent as A, B, C …"
          autosize
          minRows={3}
          maxRows={10}
          value={form.choices}
          error={problems.choices}
          onChange={(event) => set({ choices: event.currentTarget.value })}
        />
      ) : null}
      {form.answerKind === 'yes_no' ? (
        <div role="group" aria-label="Reference answer">
          <div className={classes['label']}>Reference answer</div>
          <SegmentedControl
            aria-label="Reference answer"
            value={form.answers}
            onChange={(answers) => set({ answers })}
            data={[
              { value: '', label: 'None' },
              { value: 'yes', label: 'Yes' },
              { value: 'no', label: 'No' },
            ]}
          />
        </div>
      ) : (
        <Textarea
          label="Reference answer"
          description={REFERENCE_HINT[form.answerKind]}
          autosize
          minRows={1}
          maxRows={6}
          value={form.answers}
          error={problems.answers}
          onChange={(event) => set({ answers: event.currentTarget.value })}
        />
      )}
      {form.answerKind === 'number' ? (
        <TextInput
          label="Tolerance, relative"
          description="Optional. How far from the reference still counts as right: 0.01 is one percent of it."
          placeholder="0.000001"
          inputMode="decimal"
          value={form.tolerance}
          error={problems.tolerance}
          onChange={(event) => set({ tolerance: event.currentTarget.value })}
        />
      ) : null}
      <TextInput
        label="Kind"
        description="Optional. A word by which the library can be filtered."
        placeholder="custom"
        maxLength={64}
        value={form.kind}
        error={problems.kind}
        onChange={(event) => set({ kind: event.currentTarget.value })}
      />
      {create.error === null ? null : <ErrorNotice failure={create.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button variant="default" loading={create.isPending && !thenWatch} onClick={() => submit(false)}>
          Make
        </Button>
        <Button type="submit" loading={create.isPending && thenWatch} title="Ctrl+Enter">
          Make and watch
        </Button>
      </Group>
    </form>
  );
}
