import type { FlagDecision, ReviewFlag, ReviewReason, ReviewVerdict } from './review.ts';

/** What the journal, the undo menu and the screens call these things. */
export const VERDICT_WORDS: Readonly<Record<ReviewVerdict, string>> = {
  accept: 'Accept',
  fix: 'To fix',
  reject: 'Reject',
  skip: 'Skip',
  unsure: 'Unsure',
};

/** The same as an act, for the history and the undo menu. */
export const VERDICT_ACTS: Readonly<Record<ReviewVerdict, string>> = {
  accept: 'Accept run',
  fix: 'Mark run to fix',
  reject: 'Reject run',
  skip: 'Skip run',
  unsure: 'Mark run unsure',
};

export const REASON_WORDS: Readonly<Record<ReviewReason, string>> = {
  wrong_answer: 'Wrong answer',
  wrong_region: 'Looked at the wrong place',
  missed_detail: 'Missed a detail',
  wrong_image: 'Wrong image',
  needless_call: 'Needless call',
  bad_reasoning: 'Reasoning does not hold',
  bad_question: 'The question is bad',
  bad_reference: 'The reference is wrong',
  good_example: 'Good example',
};

export const FLAG_WORDS: Readonly<Record<ReviewFlag, { readonly words: string; readonly why: string }>> = {
  tool_abandonment: { words: 'No tool used', why: 'It had tools and answered without using one.' },
  repeated_call: { words: 'Repeated call', why: 'It made the same call more than once.' },
  loop: { words: 'Loop', why: 'It made the same call three times or more.' },
  format: { words: 'Format', why: 'A turn had no <think></think>.' },
  limit_broken: { words: 'Limit broken', why: 'It ended at a limit and not with an answer.' },
  unsupported_answer: {
    words: 'Unsupported answer',
    why: 'No look stands behind the answer: every call failed, or it names an image that was not looked at.',
  },
};

export const DECISION_WORDS: Readonly<Record<FlagDecision, string>> = {
  confirmed: 'Confirm',
  dismissed: 'Dismiss',
};
