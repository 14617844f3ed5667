import { defineConfig } from 'vitest/config';

const GATES = 'tests/unit/gates.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      // Every gate is shown a known-bad file: a gate that can't fail is none.
      { test: { name: 'gates', include: [GATES], testTimeout: 180_000, hookTimeout: 180_000 } },
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.{ts,tsx}'],
          exclude: [GATES],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.spec.ts'],
          // A browser, an engine and a trainer on a machine that others use: on CI an act may be tried twice. The report
          // names every one that needed it.
          retry: process.env['CI'] === undefined ? 0 : 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        // Only with `npm run test:long`: kill points, soak, restarts by the hundred.
        test: {
          name: 'long',
          include: ['tests/long/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
