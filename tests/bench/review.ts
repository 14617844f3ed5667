import { cpSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../helpers/project.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import type { BenchOptions } from './engine.ts';
import { type Figure, machine, type Report } from './report.ts';
import { measureImport } from './review-import.ts';
import { measureOpening } from './review-opening.ts';
import { measurePage } from './review-page.ts';
import { measureStore } from './review-store.ts';
import { reviewWorkspace } from './review-workspace.ts';

/** What others say about the like; from their own pages and threads. */
const PEERS: readonly (readonly [RegExp, string])[] = [
  [/first list/, 'Label Studio 10k tasks: project page > 15 s; Phoenix project page > 1 min (2024)'],
  [/combined filter/, 'FiftyOne > 100k samples: filter freezes 10+ s; Label Studio tab filter 42 s'],
  [/1,000 boxes/, 'CVAT 800-1,000 boxes: ~5 s per action; X-AnyLabeling 1,000 x 20 shapes lag'],
  [/300 steps/, 'Inspect sample of 127 MB: 45 s, then 4 s'],
  [/import of/, 'Label Studio 541 images "perpetual"; X-AnyLabeling 13,000 images hang 30+ min'],
];

function versions(): Readonly<Record<string, string>> {
  const ofPackage = (name: string): string =>
    (
      JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
        version: string;
      }
    ).version;
  return {
    node: process.version,
    'better-sqlite3': ofPackage('better-sqlite3'),
    sharp: ofPackage('sharp'),
    fabric: ofPackage('fabric'),
    'load of the machine at the end (1, 5, 15 minutes)': loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  };
}

/** Review at scale: 100,000 samples and 800,000 episodes, a long episode, many boxes, a large import. */
export async function benchReview({ runs, say }: BenchOptions): Promise<Report> {
  const source = await reviewWorkspace(say);
  const folder = makeTempFolder('bench-review');
  try {
    say('copying the workspace ...');
    cpSync(source, join(folder, 'workspace'), { recursive: true });
    const figures: Figure[] = [];
    for (const [title, measure] of [
      ['lists, queue, edits', () => measureStore(folder, runs)],
      ['a long episode', () => measureOpening(join(folder, 'opening'), runs)],
      ['the page', () => measurePage(folder)],
      ['import', () => measureImport(join(folder, 'import'))],
    ] as const) {
      say(`measuring ${title} ...`);
      figures.push(...(await measure()));
    }
    const named = figures.map((figure) => {
      const peers = PEERS.find(([words]) => words.test(figure.name))?.[1];
      return peers === undefined ? figure : { ...figure, peers };
    });
    return { bench: 'review', machine: machine(), versions: versions(), figures: named };
  } finally {
    removeFolder(folder);
  }
}
