import type {
  ApplyAsideInput,
  EditCorrectionInput,
  CorrectionState,
  CreateCorrectionInput,
  EditOutcome,
  RunFromInput,
  SetAside,
} from '../../../shared/contract/corrections.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ImageSizing } from '../../../shared/model/agent-version.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { CorrectedEpisode } from '../../../shared/correction/corrected-episode.ts';
import { actionLabel } from '../../../shared/correction/operation-words.ts';
import { rebase } from '../../../shared/correction/operations.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { Correction, CorrectionOperation, CorrectionSummary } from '../../../shared/model/correction.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { CorrectionId, EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import { newId } from '../../store/new-id.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { NumberedMessage } from '../live-episode.ts';
import type { CorrectionRuns } from './correction-runs.ts';

export interface CorrectionsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly runs: CorrectionRuns;
}

export interface CorrectionsService {
  list(episode: EpisodeId): readonly CorrectionSummary[];
  /** @throws StudioError not_found */
  get(id: CorrectionId): CorrectionState;
  /** A correction as it stands. @throws StudioError not_found */
  replayed(id: CorrectionId): { readonly correction: Correction; readonly corrected: CorrectedEpisode };
  /** The sizes at which the episode's agent sees images. @throws StudioError not_found */
  sizing(episode: EpisodeId): ImageSizing;
  create(input: CreateCorrectionInput): Correction;
  /** @throws StudioError bad_input where an operation can't be applied */
  edit(input: EditCorrectionInput): EditOutcome;
  applyAside(input: ApplyAsideInput): EditOutcome;
  dropAside(id: string, by: ReviewerId | undefined): void;
  /** Lets the agent go on from a step. @throws StudioError conflict, bad_input, not_found */
  runFrom(input: RunFromInput): Promise<{ readonly run: EpisodeId }>;
  stopRun(run: EpisodeId): void;
  watchRun(
    run: EpisodeId,
    after: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<NumberedMessage, void, void>;
  close(): Promise<void>;
}

const GONE = 'This correction is not in the workspace any more. It may have been undone.';

export function createCorrectionsService({
  workspace,
  now,
  notify,
  runs,
}: CorrectionsDeps): CorrectionsService {
  const { corrections, episodes, samples, journal, reviewers } = workspace;

  function correctionOf(id: CorrectionId): Correction {
    const found = corrections.get(id);
    if (!found) throw new StudioError('not_found', GONE);
    return found;
  }

  function episodeOf(id: EpisodeId): Episode {
    const episode = episodes.get(id);
    if (!episode) throw new StudioError('not_found', 'This episode is not in the workspace.');
    if (episode.state.kind === 'running') {
      throw new StudioError('conflict', 'The agent is still at it. Stop the run or wait for its end.');
    }
    return episode;
  }

  function sizingOf(episode: Episode): ImageSizing {
    const sizing = workspace.agents.sizingOf(episode.agentVersionId);
    if (sizing === null) {
      throw new StudioError('not_found', 'The agent of this episode is not known any more.');
    }
    return sizing;
  }

  function play(episode: Episode, one: Pick<Correction, 'sizing' | 'operations'>): CorrectedEpisode {
    const sample = samples.get(episode.sampleId);
    const reference = sample && {
      answers: sample.answers,
      answerKind: sample.answerKind,
      choices: sample.choices,
    };
    return replay(episode, one.operations, one.sizing, reference);
  }

  /** The operations of `fresh` that can be applied behind `operations`, and why the others can't. */
  function sift(
    episode: Episode,
    base: Pick<Correction, 'sizing' | 'operations'>,
    fresh: readonly CorrectionOperation[],
  ): { readonly fit: readonly CorrectionOperation[]; readonly unfit: readonly Unfit[] } {
    const fit: CorrectionOperation[] = [];
    const unfit: Unfit[] = [];
    const skippedIn = (operations: readonly CorrectionOperation[]): readonly string[] =>
      play(episode, { ...base, operations }).problems.flatMap(({ kind, message }) =>
        kind === 'operation_skipped' ? [message] : [],
      );
    const before = skippedIn(base.operations).length;
    const all = skippedIn([...base.operations, ...fresh]);
    if (all.length === before) return { fit: fresh, unfit };
    for (const operation of fresh) {
      const skipped = skippedIn([...base.operations, ...fit, operation]);
      if (skipped.length === before) fit.push(operation);
      else unfit.push({ operation, reason: skipped.at(-1) ?? '' });
    }
    return { fit, unfit };
  }

  function changed(): void {
    notify('corrections');
    notify('journal');
  }

  function act<T>(by: ReviewerId, subject: EpisodeId, label: string, change: () => T): T {
    return journal.act({ by, at: now(), label, subject }, change);
  }

  function conflict(
    theirs: Correction,
    edit: Pick<EditCorrectionInput, 'revision' | 'operations'>,
    by: ReviewerId,
  ): EditOutcome {
    const mine: SetAside = {
      id: newId.setAside(),
      by,
      at: now(),
      revision: edit.revision,
      operations: edit.operations,
    };
    corrections.setAside(theirs.id, mine);
    notify('corrections');
    return { kind: 'conflict', theirs, mine };
  }

  return {
    list: (episode) => corrections.list(episode),
    get: (id) => ({
      correction: correctionOf(id),
      setAside: corrections.listAside(id),
      run: runs.runningOf(id),
    }),
    replayed: (id) => {
      const correction = correctionOf(id);
      return { correction, corrected: play(episodeOf(correction.episodeId), correction) };
    },
    sizing: (id) => sizingOf(episodeOf(id)),
    create: (input) => {
      const by = input.by ?? reviewers.first(now()).id;
      const episode = episodeOf(input.episodeId);
      const sizing = sizingOf(episode);
      const { unfit } = sift(episode, { sizing, operations: [] }, input.operations);
      if (unfit[0] !== undefined) throw new StudioError('bad_input', unfit[0].reason);
      const { operations } = input;
      const label =
        operations.length === 0
          ? 'Begin correction'
          : actionLabel(operations, play(episode, { sizing, operations: [] }));
      const made = act(by, episode.id, label, () =>
        corrections.create({
          id: newId.correction(),
          episodeId: episode.id,
          by,
          createdAt: now(),
          sizing,
          operations,
        }),
      );
      changed();
      return made;
    },
    edit: (input) => {
      const by = input.by ?? reviewers.first(now()).id;
      const current = correctionOf(input.id);
      if (current.revision !== input.revision) return conflict(current, input, by);
      const episode = episodeOf(current.episodeId);
      const { unfit } = sift(episode, current, input.operations);
      if (unfit[0] !== undefined) throw new StudioError('bad_input', unfit[0].reason);
      const label = actionLabel(input.operations, play(episode, current));
      const correction = act(by, episode.id, label, () => corrections.append(current.id, input.operations));
      changed();
      return { kind: 'saved', correction, left: [] };
    },
    applyAside: (input) => {
      const by = input.by ?? reviewers.first(now()).id;
      const current = correctionOf(input.id);
      const found = corrections.getAside(input.setAside);
      if (found?.correction !== current.id)
        throw new StudioError('not_found', 'These edits are not set aside any more.');
      if (current.revision !== input.revision) {
        return { kind: 'conflict', theirs: current, mine: found.aside };
      }
      const episode = episodeOf(current.episodeId);
      const mine = rebase(found.aside.operations, current.operations);
      const { fit, unfit } = sift(episode, current, mine);
      const left = unfit.map(({ reason }) => reason);
      if (fit.length === 0) return { kind: 'saved', correction: current, left };
      const correction = act(by, episode.id, 'Put set aside edits on top', () => {
        corrections.keepAside(
          found.aside.id,
          unfit.map(({ operation }) => operation),
        );
        return corrections.append(current.id, fit);
      });
      changed();
      return { kind: 'saved', correction, left };
    },
    dropAside: (id, by) => {
      const found = corrections.getAside(id);
      if (found === null) return;
      const subject = corrections.get(found.correction)?.episodeId ?? null;
      const who = by ?? reviewers.first(now()).id;
      journal.act({ by: who, at: now(), label: 'Throw away set aside edits', subject }, () =>
        corrections.keepAside(id, []),
      );
      changed();
    },
    runFrom: async (input) => {
      const by = input.by ?? reviewers.first(now()).id;
      const correction = correctionOf(input.id);
      if (correction.revision !== input.revision) {
        throw new StudioError(
          'conflict',
          'Somebody else edited this correction since. Look at it as it is now.',
        );
      }
      const episode = episodeOf(correction.episodeId);
      const corrected = play(episode, correction);
      return await runs.start({ by, episode, correction, corrected, input });
    },
    stopRun: (run) => runs.stop(run),
    watchRun: (run, after, signal) => runs.watch(run, after, signal),
    close: () => runs.close(),
  };
}

interface Unfit {
  readonly operation: CorrectionOperation;
  readonly reason: string;
}
