import { describe, expect, it } from 'vitest';
import {
  draftOf,
  EMPTY_FORM,
  moved,
  type SampleForm,
} from '../../../../renderer/features/library/sample-form.ts';
import { imageId } from '../../../../shared/model/ids.ts';

const image = imageId.parse('img_0123456789abcdef');
const form = (part: Partial<SampleForm>): SampleForm => ({ ...EMPTY_FORM, question: 'Which?', ...part });

describe('the form of a sample', () => {
  it('becomes a draft', () => {
    const { draft } = draftOf(form({ answers: ' red \n\nblue' }), [image]);
    expect(draft).toMatchObject({
      question: 'Which?',
      imageIds: [image],
      answers: ['red', 'blue'],
      choices: null,
      kind: 'custom',
    });
  });

  it('takes a tolerance for numbers only, and none where none is written', () => {
    const within = (part: Partial<SampleForm>) => draftOf(form(part), [image]).draft;
    expect(within({ answerKind: 'number', answers: '3', tolerance: ' 0.01 ' })?.tolerance).toBe(0.01);
    expect(within({ answerKind: 'number', answers: '3' })).not.toHaveProperty('tolerance');
    expect(within({ answerKind: 'text', answers: '3', tolerance: '5%' })).not.toHaveProperty('tolerance');
  });

  it('keeps the order of images and of choices', () => {
    const other = imageId.parse('img_fedcba9876543210');
    const { draft } = draftOf(form({ answerKind: 'choice', choices: 'two\none', answers: 'B' }), [
      other,
      image,
    ]);
    expect(draft).toMatchObject({ imageIds: [other, image], choices: ['two', 'one'], answers: ['B'] });
  });

  it.each<[string, Partial<SampleForm>, string]>([
    ['a question', { question: ' ' }, 'question'],
    ['two choices', { answerKind: 'choice', choices: 'one' }, 'choices'],
    ['choices that differ', { answerKind: 'choice', choices: 'one\none' }, 'choices'],
    [
      'an answer among the choices',
      { answerKind: 'choice', choices: 'one\ntwo', answers: 'three' },
      'answers',
    ],
    ['a number', { answerKind: 'number', answers: 'about 3' }, 'answers'],
    ['a tolerance from 0 to 1', { answerKind: 'number', answers: '3', tolerance: '5%' }, 'tolerance'],
    ['a tolerance that is not above 1', { answerKind: 'number', tolerance: '5' }, 'tolerance'],
    ['yes or no', { answerKind: 'yes_no', answers: 'maybe' }, 'answers'],
  ])('asks for %s', (_what, part, field) => {
    const { draft, problems } = draftOf(form(part), [image]);
    expect(draft).toBeNull();
    expect(Object.keys(problems ?? {})).toContain(field);
  });

  it.each(['3', '-3.5', '1,200', '.5', '2e3'])('takes %s for a number', (answers) => {
    expect(draftOf(form({ answerKind: 'number', answers }), [image]).draft).not.toBeNull();
  });

  it('asks for images, and for no more than a sample takes', () => {
    expect(draftOf(form({}), []).problems?.images).toBe('Choose at least one image.');
    expect(
      draftOf(
        form({}),
        Array.from({ length: 33 }, () => image),
      ).problems?.images,
    ).toContain('32');
  });
});

describe('moving an image', () => {
  it('puts it where it is wanted and keeps the rest in order', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  });

  it('does nothing beyond the ends', () => {
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b']);
  });
});
