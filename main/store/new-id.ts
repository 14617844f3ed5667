import { randomBytes } from 'node:crypto';
import type { AgentVersionId, EpisodeId, ImageId, ImportId, SampleId } from '../../shared/model/ids.ts';

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
  /** What stands for a file in an address. It says nothing about the path or the content. */
  asset: (): string => `ast_${randomBytes(16).toString('hex')}`,
};
