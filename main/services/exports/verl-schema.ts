import type { SchemaElement } from 'hyparquet';

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});
const list = (name: string, element: readonly SchemaElement[]): readonly SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];
const struct = (name: string, fields: readonly (readonly SchemaElement[])[]): readonly SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: fields.length },
  ...fields.flat(),
];

/**
 * The columns of verl's RLHFDataset (verl 0.9, utils/dataset/rl_dataset.py): `images` is a list of {bytes, path}, and
 * `prompt` a list of messages with one `<image>` for each image.
 */
export const VERL_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 6 },
  text('data_source'),
  ...list('prompt', struct('element', [[text('role')], [text('content')]])),
  ...list(
    'images',
    struct('element', [[{ name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }], [text('path')]]),
  ),
  text('ability'),
  ...struct('reward_model', [[text('style')], [text('ground_truth')]]),
  ...struct('extra_info', [
    [text('split')],
    [{ name: 'index', type: 'INT32', repetition_type: 'OPTIONAL' }],
    [text('question')],
    [text('answer')],
    list('answers', [text('element')]),
    [text('answer_kind')],
    list('choices', [text('element')]),
    [{ name: 'tolerance', type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
    [text('sample_id')],
    [{ name: 'need_tools_kwargs', type: 'BOOLEAN', repetition_type: 'OPTIONAL' }],
  ]),
];

const string = { dtype: 'string', _type: 'Value' };
/** What Hugging Face's datasets reads from the file's key `huggingface`: without it, images come back as fields. */
export const VERL_FEATURES = JSON.stringify({
  info: {
    features: {
      data_source: string,
      prompt: { feature: { role: string, content: string }, _type: 'List' },
      images: { feature: { _type: 'Image' }, _type: 'List' },
      ability: string,
      reward_model: { style: string, ground_truth: string },
      extra_info: {
        split: string,
        index: { dtype: 'int32', _type: 'Value' },
        question: string,
        answer: string,
        answers: { feature: string, _type: 'List' },
        answer_kind: string,
        choices: { feature: string, _type: 'List' },
        tolerance: { dtype: 'float64', _type: 'Value' },
        sample_id: string,
        need_tools_kwargs: { dtype: 'bool', _type: 'Value' },
      },
    },
  },
});
