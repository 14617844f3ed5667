import { randomBytes } from 'node:crypto';
import type {
  AgentVersionId,
  CorrectionId,
  EpisodeId,
  EvaluationId,
  ExperimentId,
  GroupId,
  ImageId,
  ImportId,
  JobId,
  ReviewerId,
  RunId,
  SampleId,
  SavedViewId,
  SnapshotId,
} from '../../shared/model/ids.ts';

function hex(): string {
  return randomBytes(12).toString('hex');
}

/** Ids are 96 random bits: opaque, never reused, and not to be guessed from one another. */
export const newId = {
  image: (): ImageId => `img_${hex()}` as ImageId,
  sample: (): SampleId => `smp_${hex()}` as SampleId,
  episode: (): EpisodeId => `eps_${hex()}` as EpisodeId,
  agent: (): AgentVersionId => `agt_${hex()}` as AgentVersionId,
  import: (): ImportId => `imp_${hex()}` as ImportId,
  reviewer: (): ReviewerId => `rev_${hex()}` as ReviewerId,
  correction: (): CorrectionId => `cor_${hex()}` as CorrectionId,
  group: (): GroupId => `grp_${hex()}` as GroupId,
  snapshot: (): SnapshotId => `snp_${hex()}` as SnapshotId,
  savedView: (): SavedViewId => `svw_${hex()}` as SavedViewId,
  run: (): RunId => `run_${hex()}` as RunId,
  evaluation: (): EvaluationId => `evl_${hex()}` as EvaluationId,
  experiment: (): ExperimentId => `exp_${hex()}` as ExperimentId,
  /** Edits that lost a conflict. */
  setAside: (): string => `asd_${hex()}`,
  job: (): JobId => `job_${hex()}` as JobId,
  /** What stands for a file in an address. It says nothing about the path or the content. */
  asset: (): string => `ast_${randomBytes(16).toString('hex')}`,
};
