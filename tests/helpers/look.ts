import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { seriousAccessibilityProblems } from './axe.ts';
import { keepScreen } from './chromium.ts';

/** The screen as it stands, in both themes: axe finds nothing serious, and a picture of each is kept. Ends dark. */
export async function lookInBothThemes(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor();
    expect(await seriousAccessibilityProblems(page), `${name}, ${theme}`).toEqual([]);
    await keepScreen(page, `${name}-${theme}`);
  }
}
