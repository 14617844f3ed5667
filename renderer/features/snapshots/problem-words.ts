import type { SnapshotProblem } from '../../../shared/model/snapshot.ts';

/** What training could not use, and what to do about it. */
export const PROBLEM_WORDS: Readonly<
  Record<SnapshotProblem, { readonly title: string; readonly advice: string }>
> = {
  no_reference_answer: {
    title: 'No reference answer',
    advice: 'A rollout of such a sample cannot be scored. Write an answer.',
  },
  missing_image_file: {
    title: 'Image file missing',
    advice: 'The file is gone from the workspace folder. Import the image again.',
  },
  answer_outside_choices: {
    title: 'Answer not among the choices',
    advice: 'No choice can ever be right. Correct the answer or the choices.',
  },
  rejected: {
    title: 'Rejected by review',
    advice: 'Reviewers rejected the sample. Leave it out, or look at it again.',
  },
  box_outside_image: {
    title: 'Box outside of its image',
    advice: 'The approved box of a demonstration does not fit its image. Correct it.',
  },
  image_in_two_splits: {
    title: 'Image in two splits',
    advice: 'What is tested on was trained on. Assign the splits by image sets in the Library.',
  },
  no_train_samples: {
    title: 'Nothing in the split Train',
    advice:
      'Where there are validation samples they train as well as measure, so a rise says little. Put samples with reference answers into Train.',
  },
};
