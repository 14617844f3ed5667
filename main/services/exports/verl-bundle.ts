import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOOLS } from '../../../shared/agent/tools/index.ts';
import type { ViewSizing } from '../../../shared/agent/tools/tool.ts';
import { DEFAULT_LIMITS } from '../../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../../shared/model/limits.ts';
import { DEFAULT_REWARD } from '../../../shared/model/reward.ts';
import { writeWhole } from './files.ts';

/** The trainer's package: its torch-free parts go along, so that text, tools and rewards are the same there. */
const PACKAGE = fileURLToPath(new URL('../../../trainer/imagent_trainer/', import.meta.url));
const PARTS = ['rollout', 'rewards', 'verl'] as const;
const CLASSES: Readonly<Record<string, string>> = { zoom_in: 'ZoomIn', look_back: 'LookBack' };
/** Endings whose tokens say nothing about how to answer: the paper's trajectory mask. */
const MASKED = ['no_answer', 'malformed', 'too_many_steps', 'too_long', 'over_budget', 'stopped', 'failed'];

/** Writes what verl needs beside the tables; see trainer/imagent_trainer/verl/bundle/README.md. */
export async function writeVerlBundle(
  folder: string,
  sizing: ViewSizing,
  limits: EpisodeLimits = DEFAULT_LIMITS,
): Promise<void> {
  const target = join(folder, 'imagent_trainer');
  await mkdir(target);
  await copyFile(join(PACKAGE, '__init__.py'), join(target, '__init__.py'));
  for (const part of PARTS) await copyPython(part, target);
  const bundle = join(PACKAGE, 'verl', 'bundle');
  for (const name of await readdir(bundle)) await copyFile(join(bundle, name), join(folder, name));
  await writeWhole(join(folder, 'tools.yaml'), toolsYaml());
  await writeWhole(
    join(folder, 'imagent_verl.json'),
    `${JSON.stringify(settingsOf(sizing, limits), null, 2)}\n`,
  );
}

async function copyPython(part: string, target: string): Promise<void> {
  const entries = await readdir(join(PACKAGE, part), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.py')) continue;
    const path = join(entry.parentPath, entry.name);
    const copy = join(target, path.slice(PACKAGE.length));
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(path, copy);
  }
}

/** JSON is YAML: the schemas are written as they are, without a library for one file. */
function toolsYaml(): string {
  const tools = TOOLS.map(({ name, schema }) => ({
    class_name: `imagent_trainer.verl.tools.${CLASSES[name] ?? name}`,
    config: { type: 'native' },
    tool_schema: schema,
  }));
  return `${JSON.stringify({ tools }, null, 2)}\n`;
}

function settingsOf(sizing: ViewSizing, limits: EpisodeLimits) {
  return {
    min_pixels: sizing.minPixels,
    max_pixels: sizing.maxPixels,
    crop_min_pixels: sizing.cropMinPixels,
    limits: {
      max_calls: limits.maxCalls,
      max_tokens_per_turn: limits.maxTokensPerTurn,
      max_episode_tokens: limits.maxEpisodeTokens,
      max_episode_pixels: limits.maxEpisodePixels,
      max_bad_calls_in_row: limits.maxBadCallsInRow,
    },
    tool_gain: DEFAULT_REWARD.toolGain,
    format_weight: DEFAULT_REWARD.formatWeight,
    masked_statuses: MASKED,
  };
}
