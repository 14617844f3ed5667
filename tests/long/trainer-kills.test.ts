/** SIGKILL of the trainer at 50 random moments of saving; five of them are in the normal tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const KILLS = 50;

test.skipIf(process.platform === 'win32')(
  'a kill while saving leaves a whole checkpoint and readable events',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'imagent-kills-'));
    try {
      const script = join(import.meta.dirname, '..', 'trainer', 'kill_saves.py');
      const seed = String(Date.now() % 1_000_000);
      const python = process.env['IMAGENT_PYTHON_ENV'] ?? 'python3';
      const out = execFileSync(python, [script, join(folder, 'run'), String(KILLS), seed], {
        encoding: 'utf8',
      });
      const found = JSON.parse(out.trim().split('\n').at(-1) ?? '') as {
        readonly kills: number;
        readonly inside_a_save: number;
        readonly problems: readonly string[];
      };
      expect(found, `seed ${seed}`).toMatchObject({ kills: KILLS, problems: [] });
      // Kills beside a save would prove nothing.
      expect(found.inside_a_save).toBeGreaterThan(KILLS / 4);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
