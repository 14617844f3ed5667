import { StudioError } from '../../../shared/contract/errors.ts';
import type { GroupDetail, GroupPage, ListGroupsInput, PickInput } from '../../../shared/contract/groups.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { rolloutOf } from '../../../shared/model/group.ts';
import type { EpisodeId, GroupId } from '../../../shared/model/ids.ts';
import type { ListedGroup } from '../../store/repositories/groups.ts';
import { toImageRecord } from '../../store/repositories/images.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface GroupsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** An episode as it is now, also while it runs. @throws StudioError not_found */
  readonly getEpisode: (id: EpisodeId) => Episode;
}

/** Groups of rollouts, and which of them is the demonstration. */
export interface GroupsService {
  list(query: ListGroupsInput): GroupPage;
  /** @throws StudioError not_found */
  get(id: GroupId): GroupDetail;
  pick(input: PickInput): void;
}

export function createGroupsService({ workspace, now, notify, getEpisode }: GroupsDeps): GroupsService {
  const { groups, samples, episodes } = workspace;

  function find(id: GroupId): ListedGroup {
    const found = groups.get(id);
    if (!found) throw new StudioError('not_found', 'This group is not in the workspace.');
    return found;
  }

  /** The one that runs as it is by now, the others as they are stored. */
  function outlineOf(id: EpisodeId): { readonly episode: Episode; readonly tokenCounts: readonly number[] } {
    const stored = episodes.outline(id);
    if (stored?.episode.state.kind === 'ended') return stored;
    const episode = getEpisode(id);
    return { episode, tokenCounts: episode.steps.map(({ tokens }) => tokens.length) };
  }

  return {
    list: (query) => {
      const page = groups.list(query);
      return {
        ...page,
        items: page.items.map((listed) => ({
          ...listed,
          images: samples.images(listed.group.sampleId).map(toImageRecord),
        })),
      };
    },
    get: (id) => {
      const { group, agentName } = find(id);
      const sample = samples.get(group.sampleId);
      if (!sample) throw new StudioError('not_found', 'The sample of this group was removed.');
      const members = groups.members(id).map(({ number, episodeId }) => {
        const { episode, tokenCounts } = outlineOf(episodeId);
        return { rollout: rolloutOf(episode, number, tokenCounts), views: episode.views };
      });
      return { group, sample, agentName, members, images: samples.images(sample.id).map(toImageRecord) };
    },
    pick: ({ by, id, episodeId }) => {
      const { group } = find(id);
      const at = now();
      const label = episodeId === null ? 'Take back a demonstration' : 'Pick a demonstration';
      workspace.journal.act(
        { by: by ?? workspace.reviewers.first(at).id, at, label, subject: group.sampleId },
        () => groups.pick(group.sampleId, episodeId, at),
      );
      notify('groups');
      notify('journal');
    },
  };
}
