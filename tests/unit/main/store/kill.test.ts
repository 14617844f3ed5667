import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import { addImage } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const WRITER = fileURLToPath(new URL('../../../helpers/sample-writer.ts', import.meta.url));

interface Round {
  readonly acknowledged: readonly string[];
  readonly lost: readonly string[];
  readonly integrity: unknown;
}

/** Lets the writer run for a moment that nobody chose, kills it, and looks for what it had said was saved. */
async function killOnce(folder: string, mode: 'honest' | 'early'): Promise<Round> {
  const child = spawn(process.execPath, [WRITER, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
  child.kill('SIGKILL');
  await ended;
  // A line that was cut off was not said.
  const acknowledged = said.split('\n').slice(0, -1);
  const workspace = openWorkspace(folder, Date.now());
  const find = workspace.database.raw.prepare('SELECT 1 FROM samples WHERE question = ?');
  const lost = acknowledged.filter((question) => find.get(question) === undefined);
  const integrity = workspace.database.raw.pragma('integrity_check', { simple: true });
  workspace.close();
  return { acknowledged, lost, integrity };
}

async function killMany(
  kills: number,
  mode: 'honest' | 'early',
  isEnough: (round: Round) => boolean = () => false,
): Promise<readonly Round[]> {
  const folder = tempFolder('kill');
  const workspace = openWorkspace(folder, Date.now());
  addImage(workspace, 'one.png');
  workspace.close();
  const rounds: Round[] = [];
  while (rounds.length < kills) {
    const round = await killOnce(folder, mode);
    rounds.push(round);
    if (isEnough(round)) break;
  }
  return rounds;
}

it('a writer that is killed at any moment loses nothing that it acknowledged', async () => {
  const rounds = await killMany(20, 'honest');
  const acknowledged = rounds.reduce((sum, round) => sum + round.acknowledged.length, 0);
  expect(acknowledged).toBeGreaterThan(20);
  expect(rounds.flatMap(({ lost }) => lost)).toEqual([]);
  expect(new Set(rounds.map(({ integrity }) => integrity))).toEqual(new Set(['ok']));
}, 300_000);

it('the same test finds a writer that acknowledges too early', async () => {
  const rounds = await killMany(200, 'early', ({ lost }) => lost.length > 0);
  expect(rounds.at(-1)?.lost.length).toBeGreaterThan(0);
}, 600_000);
