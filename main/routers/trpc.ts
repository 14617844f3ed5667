import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import type { ErrorCode } from '../../shared/contract/errors.ts';
import type { AppInfo } from '../../shared/contract/procedures.ts';
import { describeFailure } from '../router-errors.ts';
import type { AgentsService } from '../services/agents/agents-service.ts';
import type { ChangeFeed } from '../services/change-feed.ts';
import type { BulkService } from '../services/curation/bulk-service.ts';
import type { SplitsService } from '../services/curation/splits-service.ts';
import type { ViewsService } from '../services/curation/views-service.ts';
import type { CorrectionsService } from '../services/corrections/corrections-service.ts';
import type { EpisodesService } from '../services/episodes/episodes-service.ts';
import type { EvaluationsService } from '../services/groups/evaluations-service.ts';
import type { ExportsService } from '../services/exports/exports-service.ts';
import type { GroupsService } from '../services/groups/groups-service.ts';
import type { JobsService } from '../services/groups/jobs-service.ts';
import type { GuideService } from '../services/guide/guide-service.ts';
import type { ImportsService } from '../services/imports/imports-service.ts';
import type { JournalService } from '../services/journal/journal-service.ts';
import type { LibraryService } from '../services/library/library-service.ts';
import type { ReviewsService } from '../services/reviews/reviews-service.ts';
import type { SettingsService } from '../services/settings/settings-service.ts';
import type { TablesService } from '../services/imports/tables/tables-service.ts';
import type { BeginnerService } from '../services/training/beginner-service.ts';
import type { ExperimentsService } from '../services/training/experiments-service.ts';
import type { MakeAgentService } from '../services/training/make-agent-service.ts';
import type { RolloutsService } from '../services/training/rollouts-service.ts';
import type { SetupService } from '../services/training/setup-service.ts';
import type { TrainingService } from '../services/training/training-service.ts';
import type { SnapshotsService } from '../services/snapshots/snapshots-service.ts';

/** What the procedures stand on. Every client of a host shares it. */
export interface RouterContext {
  readonly appInfo: () => AppInfo;
  readonly changes: ChangeFeed;
  readonly corrections: CorrectionsService;
  readonly library: LibraryService;
  readonly imports: ImportsService;
  readonly agents: AgentsService;
  readonly episodes: EpisodesService;
  readonly evaluations: EvaluationsService;
  readonly experiments: ExperimentsService;
  readonly groups: GroupsService;
  readonly guide: GuideService;
  readonly jobs: JobsService;
  readonly settings: SettingsService;
  readonly beginner: BeginnerService;
  readonly makeAgent: MakeAgentService;
  readonly rollouts: RolloutsService;
  readonly trainerSetup: SetupService;
  readonly training: TrainingService;
  readonly journal: JournalService;
  readonly reviews: ReviewsService;
  readonly tables: TablesService;
  readonly exports: ExportsService;
  readonly bulk: BulkService;
  readonly splits: SplitsService;
  readonly views: ViewsService;
  readonly snapshots: SnapshotsService;
}

/** What a client learns of an error: a code of the closed list, and a sentence for a person. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What every feature's router (one file each in this folder) is made with. */
export const t = initTRPC.context<RouterContext>().create({
  errorFormatter: ({ shape, error }) => {
    const data: ErrorData = describeFailure(error);
    return { ...shape, message: data.message, data };
  },
});

export const nothing = z.void();

/** Every subscription has a signal; only the library's types doubt it. */
export function live(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal;
}

/** A client's place in a stream; a place that no stream gave out starts it anew. */
export function sequenceOf(lastEventId: string | null | undefined): number | null {
  return lastEventId !== null && lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId)
    ? Number(lastEventId)
    : null;
}
