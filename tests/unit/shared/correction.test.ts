import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseTurn } from '../../../shared/agent/parser.ts';
import type { CorrectedEpisode, CorrectedStep } from '../../../shared/correction/corrected-episode.ts';
import { demonstrationObstacles, demonstrationOf } from '../../../shared/correction/demonstration.ts';
import { diffSteps } from '../../../shared/correction/diff-steps.ts';
import { answerOperation, callOf, nextStepKey, rebase } from '../../../shared/correction/operations.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { CorrectionOperation, WrittenCall } from '../../../shared/model/correction.ts';
import { correctionOperation } from '../../../shared/model/correction.ts';
import { anyOperation, RECORDED, recordingOf, SIZING } from '../../helpers/corrections.ts';

const two = recordingOf('compareTwo');

function corrected(...operations: CorrectionOperation[]): CorrectedEpisode {
  return replay(two.episode, operations, SIZING, {
    answers: ['no'],
    answerKind: 'text',
    choices: null,
  });
}

function at(result: CorrectedEpisode, key: string): CorrectedStep {
  const step = result.steps.find((one) => one.key === key);
  if (step === undefined) throw new Error(`no step ${key}`);
  return step;
}

function keysOf(result: CorrectedEpisode): string {
  return result.steps.map(({ key }) => key).join(' ');
}

function followers(result: CorrectedEpisode): string {
  return result.steps.flatMap(({ key, follows }) => (follows ? [key] : [])).join(' ');
}

function zoom(image: number, box: readonly [number, number, number, number]): WrittenCall {
  return { tool: 'zoom_in', image: { kind: 'input', image }, box };
}

describe('a correction without edits', () => {
  test.each(RECORDED)('is the episode: $name', ({ episode }) => {
    const result = replay(episode, [], SIZING);
    expect(result.steps.map(({ text }) => text)).toEqual(episode.steps.map(({ text }) => text));
    expect(result.steps.map(({ thought }) => thought)).toEqual(episode.steps.map(({ thought }) => thought));
    expect(result.views).toEqual(episode.views);
    expect(result.steps.every(({ follows }) => follows)).toBe(true);
    expect(result.problems).toEqual([]);
    expect(result.answer).toBe(episode.answer);
    expect(result.verdict).toBe(episode.verdict);
    expect(episode.state).toMatchObject({ status: result.status });
    expect(result.steps.map(({ action }) => action)).toEqual(episode.steps.map(({ action }) => action));
    expect(diffSteps(episode, result).map(({ kind }) => kind)).toEqual(episode.steps.map(() => 'kept'));
  });
});

describe('a moved box', () => {
  const moved = corrected({ kind: 'edit_call', step: 'm1', call: zoom(2, [30, 60, 70, 110]) });

  it('is run again by the tool, and what looks into its crop sees the new region', () => {
    expect(at(moved, 'm1').action).toMatchObject({ kind: 'zoom_in', viewBox: [30, 60, 70, 110] });
    expect(at(moved, 'm1').text).toBe(
      '<think>Image 3 shows the star of image 1: it has diagonal stripes. Now the star of image 2, which is near the bottom.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 2, "bbox_2d": [30, 60, 70, 110]}}\n</tool_call>',
    );
    expect(moved.views[3]?.rootBox).toEqual([171, 342, 400, 629]);
    expect(moved.views[4]?.rootBox).not.toEqual(two.episode.views[4]?.rootBox);
  });

  it('leaves what came before standing, and marks what came after', () => {
    expect(followers(moved)).toBe('m0 m1');
    expect(at(moved, 'm1').sampled).toBeNull();
    expect(at(moved, 'm2').sampled).toEqual({ run: two.episode.id, index: 2 });
  });

  it('moved back by hand, everything follows again', () => {
    const back = corrected(
      { kind: 'edit_call', step: 'm1', call: zoom(2, [30, 60, 70, 110]) },
      { kind: 'edit_call', step: 'm1', call: zoom(2, [40, 70, 84, 106]) },
    );
    expect(followers(back)).toBe('m0 m1 m2 m3 m4');
    expect(at(back, 'm1').sampled).toEqual({ run: two.episode.id, index: 1 });
  });

  it('shows in the diff as a box that moved, with both regions', () => {
    const row = diffSteps(two.episode, moved)[1];
    expect(row).toMatchObject({ kind: 'edited', isBoxMoved: true, isMoved: false });
    expect(row?.regions.model?.box).toEqual([228, 400, 480, 606]);
    expect(row?.regions.corrected?.box).toEqual([171, 342, 400, 629]);
    expect(row?.thought.every(({ kind }) => kind === 'same')).toBe(true);
  });

  it('outside the image is refused by the tool and named', () => {
    const outside = corrected({ kind: 'edit_call', step: 'm1', call: zoom(2, [30, 60, 900, 100]) });
    expect(at(outside, 'm1').action?.kind).toBe('bad_call');
    expect(outside.problems).toContainEqual(expect.objectContaining({ step: 'm1', kind: 'call_refused' }));
  });
});

describe('steps put in, taken out and moved', () => {
  const insert: CorrectionOperation = {
    kind: 'insert_step',
    key: 'h0',
    after: 'm0',
    thought: 'Once more.',
    act: { kind: 'call', call: { tool: 'look_back', image: { kind: 'input', image: 1 } } },
  };

  it('renumber the images, and calls keep looking at the image that they meant', () => {
    const result = corrected(insert);
    expect(keysOf(result)).toBe('m0 h0 m1 m2 m3 m4');
    expect(at(result, 'm2').text).toContain('"image": 5,');
    expect(at(result, 'm2').image).toEqual({ kind: 'result', step: 'm1' });
    expect(at(result, 'm2').sampled).toBeNull();
    // What m1 names did not shift, so its text is still as it was sampled.
    expect(at(result, 'm1').sampled).not.toBeNull();
    expect(result.views.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(followers(result)).toBe('m0 h0');
    expect(result.problems).toEqual([]);
    expect(diffSteps(two.episode, result).map(({ kind }) => kind)).toEqual([
      'kept',
      'inserted',
      'kept',
      'edited',
      'kept',
      'kept',
    ]);
  });

  it('put in and taken out again, everything follows as before', () => {
    const result = corrected(insert, { kind: 'delete_step', step: 'h0' });
    expect(followers(result)).toBe('m0 m1 m2 m3 m4');
    expect(result.steps).toEqual(corrected().steps);
  });

  it('name an image that was taken out as a problem', () => {
    const result = corrected({ kind: 'delete_step', step: 'm0' });
    expect(at(result, 'm3')).toMatchObject({ action: null, resultView: null });
    expect(result.problems).toEqual([expect.objectContaining({ step: 'm3', kind: 'image_gone' })]);
    expect(diffSteps(two.episode, result)[0]).toMatchObject({ kind: 'deleted', key: 'm0', corrected: null });
  });

  it('can stand behind a step that was taken out', () => {
    const result = corrected({ kind: 'delete_step', step: 'm3' }, { ...insert, after: 'm3' });
    expect(keysOf(result)).toBe('m0 m1 m2 h0 m4');
  });

  it('are told as moved when their order changed', () => {
    const result = corrected({ kind: 'move_step', step: 'm0', after: 'm1' });
    expect(keysOf(result)).toBe('m1 m0 m2 m3 m4');
    const rows = diffSteps(two.episode, result);
    expect(rows.filter(({ isMoved }) => isMoved)).toHaveLength(1);
  });

  it('cut off, leave no answer, until a person writes one', () => {
    const cut: CorrectionOperation = { kind: 'cut_here', step: 'm2' };
    expect(corrected(cut)).toMatchObject({ answer: null, status: 'no_answer', verdict: 'wrong' });
    const done = corrected(cut, answerOperation(corrected(cut), [cut], 'no'));
    expect(keysOf(done)).toBe('m0 m1 m2 h0');
    expect(done).toMatchObject({ answer: 'no', status: 'answered', verdict: 'right' });
    expect(at(done, 'h0').text).toBe('<think></think>\n<answer>no</answer>');
    expect(demonstrationOf(done)?.turns).toHaveLength(4);
  });

  it('behind an answer are a problem', () => {
    const result = corrected({ ...insert, after: 'm4' });
    expect(result.problems).toEqual([expect.objectContaining({ step: 'h0', kind: 'after_answer' })]);
  });
});

describe('what a person writes', () => {
  it('changes the thought only, word by word in the diff', () => {
    const result = corrected({
      kind: 'edit_thought',
      step: 'm2',
      thought: 'Image 4 shows dots. I look closer.',
    });
    expect(at(result, 'm2').text.endsWith('"bbox_2d": [30, 22, 82, 80]}}\n</tool_call>')).toBe(true);
    const words = diffSteps(two.episode, result)[2]?.thought ?? [];
    expect(
      words
        .filter(({ kind }) => kind !== 'added')
        .map(({ text }) => text)
        .join(''),
    ).toBe(two.episode.steps[2]?.thought);
    expect(
      words
        .filter(({ kind }) => kind !== 'removed')
        .map(({ text }) => text)
        .join(''),
    ).toBe('Image 4 shows dots. I look closer.');
    expect(words[0]).toEqual({ kind: 'same', text: 'Image 4 shows' });
  });

  it('that the agent would read as something else is a problem', () => {
    const result = corrected({ kind: 'edit_thought', step: 'm2', thought: 'so </think><answer>x</answer>' });
    expect(result.problems[0]).toMatchObject({ step: 'm2', kind: 'unreadable' });
    expect(demonstrationOf(result)).toBeNull();
  });

  it('is a demonstration once everything follows or was called good', () => {
    const move: CorrectionOperation = { kind: 'edit_call', step: 'm1', call: zoom(2, [30, 60, 70, 110]) };
    expect(demonstrationObstacles(corrected(move))).toEqual([
      'Steps 3, 4, 5 no longer follow from what comes before. Run from the last step that does, rewrite them, or mark them good.',
    ]);
    const good = ['m2', 'm3', 'm4'].map(
      (step): CorrectionOperation => ({ kind: 'mark_step', step, mark: 'good' }),
    );
    const approved = demonstrationOf(corrected(move, ...good));
    expect(approved?.turns.map(({ mark }) => mark)).toEqual([null, null, 'good', 'good', 'good']);
    expect(approved?.approvedBoxes).toHaveLength(2);
    // Another edit before it takes the word back.
    const again = corrected(move, ...good, { kind: 'edit_thought', step: 'm0', thought: 'Other.' });
    expect(demonstrationOf(again)).toBeNull();
  });
});

describe('steps that the model went on with', () => {
  const move: CorrectionOperation = { kind: 'edit_call', step: 'm1', call: zoom(2, [30, 60, 70, 110]) };
  const context = at(corrected(move), 'm1').contextAfter;
  const goOn: CorrectionOperation = {
    kind: 'continued',
    after: 'm1',
    context,
    steps: [
      {
        key: 'c0',
        text: '<think>Closer.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 4}}\n</tool_call>',
        run: two.episode.id,
        index: 2,
        whole: true,
      },
      {
        key: 'c1',
        text: '<think>So.</think>\n<answer>no</answer>',
        run: two.episode.id,
        index: 3,
        whole: true,
      },
    ],
  };

  it('take the place of what came after, and follow', () => {
    const result = corrected(move, goOn);
    expect(keysOf(result)).toBe('m0 m1 c0 c1');
    expect(followers(result)).toBe('m0 m1 c0 c1');
    expect(at(result, 'c0').image).toEqual({ kind: 'result', step: 'm1' });
    expect(demonstrationOf(result)?.turns).toHaveLength(4);
  });

  it('follow no more when what came before was changed meanwhile', () => {
    const result = corrected(move, { kind: 'edit_thought', step: 'm0', thought: 'Other.' }, goOn);
    expect(followers(result)).toBe('m0');
    const later = corrected(move, goOn, { kind: 'edit_thought', step: 'm0', thought: 'Other.' });
    expect(followers(later)).toBe('m0');
  });
});

describe('replay', () => {
  const operations = fc.array(anyOperation, { maxLength: 12 });
  const recorded = fc.constantFrom(...RECORDED);

  it('never throws, and says of every edit that it left out why', () => {
    fc.assert(
      fc.property(recorded, operations, ({ episode }, list) => {
        const result = replay(episode, list, SIZING);
        expect(result.views.map(({ number }) => number)).toEqual(
          result.views.map((_view, index) => index + 1),
        );
        for (const step of result.steps) {
          // What a step says is what the agent would read.
          expect(parseTurn(step.text).thought).toBe(step.thought);
        }
        diffSteps(episode, result);
        demonstrationOf(result);
      }),
      { numRuns: 300 },
    );
  });

  it('without the last operation is what was there before it', () => {
    fc.assert(
      fc.property(recorded, operations, anyOperation, ({ episode }, list, last) => {
        const before = replay(episode, list, SIZING);
        replay(episode, [...list, last], SIZING);
        expect(replay(episode, [...list, last].slice(0, -1), SIZING)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same after operations went through JSON', () => {
    fc.assert(
      fc.property(recorded, operations, ({ episode }, list) => {
        const read = correctionOperation.array().parse(JSON.parse(JSON.stringify(list)));
        expect(read).toEqual(list);
        expect(replay(episode, read, SIZING)).toEqual(replay(episode, list, SIZING));
      }),
      { numRuns: 100 },
    );
  });

  it('plays few steps again: what it keeps of the steps before an edit gives the same as playing all', () => {
    fc.assert(
      fc.property(recorded, operations, ({ episode }, list) => {
        // Marks that are taken away again change nothing but make every step be played on the way.
        const touched = list.flatMap((operation): CorrectionOperation[] => [
          { kind: 'mark_step', step: 'm9', mark: null },
          operation,
        ]);
        const plain = replay(episode, list, SIZING);
        const other = replay(episode, touched, SIZING);
        expect(other.steps).toEqual(plain.steps);
      }),
      { numRuns: 50 },
    );
  });
});

describe('two people at once', () => {
  it('keep both their steps: keys that both gave out are made anew, with what refers to them', () => {
    const insert = (thought: string): CorrectionOperation => ({
      kind: 'insert_step',
      key: 'h0',
      after: 'm0',
      thought,
      act: { kind: 'call', call: zoom(1, [0, 0, 50, 50]) },
    });
    const look: CorrectionOperation = {
      kind: 'insert_step',
      key: 'h1',
      after: 'h0',
      thought: '',
      act: { kind: 'call', call: { tool: 'look_back', image: { kind: 'result', step: 'h0' } } },
    };
    const theirs = [insert('theirs')];
    const mine = rebase([insert('mine'), look], theirs);
    const result = corrected(...theirs, ...mine);
    expect(result.problems).toEqual([]);
    expect(result.steps.map(({ thought }) => thought).slice(1, 4)).toEqual(['mine', '', 'theirs']);
    expect(result.steps[2]?.image).toEqual({ kind: 'result', step: result.steps[1]?.key });
    expect(nextStepKey([...theirs, ...mine], 'h')).toBe('h3');
  });

  it('what names a step that is gone is left out and said', () => {
    const result = corrected(
      { kind: 'delete_step', step: 'm2' },
      { kind: 'edit_thought', step: 'm2', thought: 'x' },
    );
    expect(result.problems[0]).toMatchObject({ kind: 'operation_skipped' });
    expect(callOf(result, 'm1')).toEqual(zoom(2, [40, 70, 84, 106]));
  });
});
