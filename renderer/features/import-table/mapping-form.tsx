import { MultiSelect, Select, TextInput } from '@mantine/core';
import { answerKind, split } from '../../../shared/model/sample.ts';
import { columnMapping } from '../../../shared/model/table-import.ts';
import type { ColumnMapping, TableColumn } from '../../../shared/model/table-import.ts';
import { ANSWER_KIND_WORDS } from '../../ui/format.ts';
import classes from './import-table.module.css';
import { CHOICE_FORMS, columnOptions, withChoicesFrom } from './mapping.ts';

interface FormProps {
  readonly columns: readonly TableColumn[];
  readonly mapping: ColumnMapping;
  readonly onChange: (mapping: ColumnMapping) => void;
}

const CONSTANT = '\u0000constant';
const SPLIT_WORDS = { none: 'None', train: 'Train', validation: 'Validation', test: 'Test' } as const;

/** Which column is what. Every part of a sample has one row. */
export function MappingForm({ columns, mapping, onChange }: FormProps) {
  const options = [...columnOptions(columns)];
  const change = (part: Partial<ColumnMapping>): void => onChange({ ...mapping, ...part });
  return (
    <div className={classes['form']}>
      <QuestionFields columns={columns} mapping={mapping} onChange={onChange} />
      <MultiSelect
        label="Images"
        description="In order. A cell may hold one image or several: a path, bytes, or base64."
        data={options}
        value={[...mapping.images]}
        searchable
        onChange={(images) => change({ images })}
      />
      <ChoicesFields columns={columns} mapping={mapping} onChange={onChange} />
      <Select
        label="Answer"
        description="A letter stands for its choice; a list holds alternatives."
        data={options}
        value={mapping.answer}
        clearable
        placeholder="none"
        searchable
        onChange={(answer) => change({ answer })}
      />
      <Select
        label="Answers are compared as"
        data={[
          { value: 'auto', label: 'As each row looks' },
          ...answerKind.options.map((value) => ({ value, label: ANSWER_KIND_WORDS[value] })),
        ]}
        value={mapping.answerKind}
        allowDeselect={false}
        onChange={(value) => change({ answerKind: columnMapping.unwrap().shape.answerKind.parse(value) })}
      />
      <Select
        label="Tolerance of numbers, relative"
        data={options}
        value={mapping.tolerance ?? null}
        clearable
        placeholder="the default"
        searchable
        onChange={(tolerance) => change({ tolerance })}
      />
      <Select
        label="Kind of question"
        data={options}
        value={mapping.kind}
        clearable
        placeholder="imported"
        searchable
        onChange={(kind) => change({ kind })}
      />
      <Select
        label="Tags"
        data={options}
        value={mapping.tags}
        clearable
        placeholder="none"
        searchable
        onChange={(tags) => change({ tags })}
      />
      <SplitField columns={columns} mapping={mapping} onChange={onChange} />
    </div>
  );
}

function QuestionFields({ columns, mapping, onChange }: FormProps) {
  const { question } = mapping;
  return (
    <>
      <Select
        label="Question"
        data={[{ value: CONSTANT, label: 'The same for all rows…' }, ...columnOptions(columns)]}
        value={question.from === 'column' ? question.column : CONSTANT}
        allowDeselect={false}
        searchable
        onChange={(value) => {
          if (value === null) return;
          onChange({
            ...mapping,
            question:
              value === CONSTANT
                ? { from: 'constant', text: 'What is in the image?' }
                : { from: 'column', column: value },
          });
        }}
      />
      {question.from === 'column' ? null : (
        <TextInput
          label="Question for all rows"
          value={question.text}
          onChange={(event) =>
            onChange({ ...mapping, question: { from: 'constant', text: event.currentTarget.value } })
          }
        />
      )}
    </>
  );
}

function ChoicesFields({ columns, mapping, onChange }: FormProps) {
  const { choices } = mapping;
  const options = [...columnOptions(columns)];
  return (
    <>
      <Select
        label="Choices"
        data={[...CHOICE_FORMS]}
        value={choices.from}
        allowDeselect={false}
        onChange={(value) => {
          const form = CHOICE_FORMS.find((one) => one.value === value);
          if (form !== undefined) onChange(withChoicesFrom(mapping, form.value, columns));
        }}
      />
      {choices.from === 'column' ? (
        <Select
          label="Column of the choices"
          data={options}
          value={choices.column}
          allowDeselect={false}
          searchable
          onChange={(column) =>
            column === null ? undefined : onChange({ ...mapping, choices: { from: 'column', column } })
          }
        />
      ) : null}
      {choices.from === 'columns' ? (
        <MultiSelect
          label="Columns of the choices"
          data={options}
          value={[...choices.columns]}
          searchable
          onChange={(wanted) => onChange({ ...mapping, choices: { from: 'columns', columns: wanted } })}
        />
      ) : null}
    </>
  );
}

function SplitField({ columns, mapping, onChange }: FormProps) {
  const fixed = split.options.map((value) => ({ value: `\u0000${value}`, label: SPLIT_WORDS[value] }));
  return (
    <Select
      label="Split"
      data={[
        { group: 'The same for all rows', items: fixed },
        { group: 'From a column', items: [...columnOptions(columns)] },
      ]}
      value={mapping.split.from === 'column' ? mapping.split.column : `\u0000${mapping.split.split}`}
      allowDeselect={false}
      searchable
      onChange={(value) => {
        if (value === null) return;
        const constant = split.safeParse(value.slice(1));
        onChange({
          ...mapping,
          split:
            value.startsWith('\u0000') && constant.success
              ? { from: 'constant', split: constant.data }
              : { from: 'column', column: value },
        });
      }}
    />
  );
}
