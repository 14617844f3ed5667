import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import type { FlagDecision, ReviewFlag } from '../../shared/model/review.ts';
import { importColours, makeSample } from './studio-acts.ts';
import { startTestHost } from './test-host.ts';
import { until } from './until.ts';

export type ReviewedAct =
  | { readonly what: 'review'; readonly episodeId: EpisodeId; readonly note: string }
  | {
      readonly what: 'flag';
      readonly episodeId: EpisodeId;
      readonly flag: ReviewFlag;
      readonly decision: FlagDecision;
    }
  | { readonly what: 'undo' | 'redo'; readonly number: number };

interface Said {
  readonly kind: 'about to' | 'done';
  readonly act: ReviewedAct;
}

export interface KillRound {
  readonly acknowledged: number;
  readonly lost: readonly ReviewedAct[];
  readonly integrity: unknown;
}

const REVIEWER = fileURLToPath(new URL('./scripted-reviewer.ts', import.meta.url));
const EPISODES = 6;

/** A workspace in `folder` with a few finished episodes, made by a host that is closed again. */
export async function prepareReviews(folder: string): Promise<void> {
  const host = await startTestHost({ folder });
  await importColours(host, join(folder, 'pictures'), ['red']);
  const sampleId = await makeSample(host);
  const { episodes } = host.services;
  const ids: EpisodeId[] = [];
  for (let count = 0; count < EPISODES; count += 1) ids.push((await episodes.start({ sampleId })).id);
  await until(() => ids.every((id) => episodes.get(id).state.kind === 'ended'), 'the episodes have ended');
  await host.close();
}

/** Lets the reviewer work for a moment that nobody chose, kills the host, and looks for what was acknowledged. */
export async function killReviewer(folder: string, mode: 'honest' | 'early'): Promise<KillRound> {
  const child = spawn(process.execPath, [REVIEWER, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const began = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      // A whole line: every round has something that was acknowledged, however slow the machine is.
      if (/"kind":"done".*\n/.test(text)) resolve();
    });
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([began, ended]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
  child.kill('SIGKILL');
  await ended;
  // A line that was cut off was not said.
  const said = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Said);
  return look(folder, said);
}

/** The one act that was begun and not acknowledged may have happened, and may not: it is asked nothing of. */
function look(folder: string, said: readonly Said[]): KillRound {
  const done = said.filter(({ kind }) => kind === 'done').map(({ act }) => act);
  const last = said.at(-1);
  const open = last?.kind === 'about to' ? last.act : null;
  const workspace = openWorkspace(join(folder, 'workspace'), Date.now());
  try {
    const { raw } = workspace.database;
    const written = raw.prepare<[string], { n: number }>(
      "SELECT count(*) AS n FROM journal WHERE name = 'reviews' AND json_extract(after, '$.note') = ?",
    );
    const decided = raw.prepare<[string, string], { decision: string | null }>(`
      SELECT json_extract(after, '$.decision') AS decision FROM journal
      WHERE name = 'episode_flags' AND json_extract(key, '$[0]') = (SELECT seq FROM episodes WHERE id = ?)
        AND json_extract(key, '$[1]') = ? ORDER BY seq DESC`);
    const undone = raw.prepare<[number], { undone_at: number | null }>(
      'SELECT undone_at FROM actions WHERE seq = ?',
    );
    const isThere = (act: ReviewedAct, at: number): boolean => {
      switch (act.what) {
        case 'review':
          return (written.get(act.note)?.n ?? 0) > 0;
        case 'flag':
          return decided.all(act.episodeId, act.flag).some(({ decision }) => decision === act.decision);
        case 'undo':
        case 'redo': {
          // Only the newest word about an action counts.
          const later = [...done.slice(at + 1), ...(open === null ? [] : [open])];
          if (later.some((other) => 'number' in other && other.number === act.number)) return true;
          const row = undone.get(act.number);
          return row !== undefined && (row.undone_at !== null) === (act.what === 'undo');
        }
      }
    };
    const lost = done.filter((act, at) => !isThere(act, at));
    const integrity = raw.pragma('integrity_check', { simple: true });
    return { acknowledged: done.length, lost, integrity };
  } finally {
    workspace.close();
  }
}

/** Kills the host this many times, or until a round is what one waited for. */
export async function killMany(
  folder: string,
  kills: number,
  mode: 'honest' | 'early',
  isEnough: (round: KillRound) => boolean = () => false,
): Promise<readonly KillRound[]> {
  const rounds: KillRound[] = [];
  while (rounds.length < kills) {
    const round = await killReviewer(folder, mode);
    rounds.push(round);
    if (isEnough(round)) break;
  }
  return rounds;
}
