import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type OpenPage, openPage } from '../helpers/chromium.ts';
import { lookInBothThemes } from '../helpers/look.ts';
import { type RunningApp, startApp } from '../helpers/start-app.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';
import { Correcting } from './page-objects/correcting.ts';
import { Studio } from './page-objects/studio.ts';

/** One person corrects one run, from the first drag to the last undo: the acts follow one another. */
describe('a run is corrected', () => {
  let app: RunningApp;
  let browser: Browser;
  let open: OpenPage;
  let desk: Correcting;
  const folder = makeTempFolder('correct');
  /** What stood after each saved edit. */
  const told: { readonly story: readonly string[]; readonly box: readonly number[] }[] = [];

  const remember = async (): Promise<void> => {
    told.push({ story: await desk.story(), box: await desk.box() });
  };
  const stands = async (at: number): Promise<void> => {
    await desk.saved(at).waitFor();
    const wanted = told[at];
    await until(
      async () => JSON.stringify(await desk.story()) === JSON.stringify(wanted?.story),
      `the steps are as after edit ${at}`,
    );
    expect(await desk.box()).toEqual(wanted?.box);
  };

  beforeAll(async () => {
    app = await startApp({ workspace: join(folder, 'workspace') });
    browser = await launchChromium();
    open = await openPage(browser, app.address);
    desk = new Correcting(open.page);
    const studio = new Studio(open.page);
    await studio.demoIn();
    await studio.watch(/Which has the same pattern/);
    await studio.runToTheEnd();
    await desk.open();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    removeFolder(folder);
  });

  it('its box is dragged by the mouse, and the crop is another at once; what came after no longer follows', async () => {
    await desk.saved(0).waitFor();
    await remember();
    expect(await desk.doubtful().count()).toBe(0);
    const before = await desk.crop();
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = await desk.box();
    await desk.dragBox(40, 24);
    await desk.saved(1).waitFor();
    const [a1 = 0, b1 = 0, a2 = 0, b2 = 0] = await desk.box();
    expect(a1).toBeGreaterThan(x1);
    expect(b1).toBeGreaterThan(y1);
    expect([a2 - a1, b2 - b1]).toEqual([x2 - x1, y2 - y1]);
    const after = await desk.crop();
    expect(after.address).not.toBe(before.address);
    expect(after.pixels).not.toBe(before.pixels);
    expect(await desk.doubtful().count()).toBe((await desk.steps.count()) - 1);
    await remember();
  });

  it('nudged by keys and typed as numbers', async () => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = await desk.box();
    await open.page.keyboard.press('ArrowLeft');
    await desk.saved(2).waitFor();
    expect(await desk.box()).toEqual([x1 - 1, y1, x2 - 1, y2]);
    await remember();
    await open.page.keyboard.press('Shift+ArrowUp');
    await desk.saved(3).waitFor();
    expect(await desk.box()).toEqual([x1 - 1, y1 - 10, x2 - 1, y2 - 10]);
    await remember();
    await desk.side('Left edge').fill('4');
    await desk.side('Left edge').press('Enter');
    await desk.saved(4).waitFor();
    expect((await desk.box())[0]).toBe(4);
    await remember();
    // A number outside the image ends at its edge.
    await desk.side('Right edge').fill('9999');
    await desk.side('Right edge').press('Enter');
    await desk.saved(5).waitFor();
    expect((await desk.box())[2]).toBe(112);
    await remember();
    await desk.side('Right edge').evaluate((field) => (field as HTMLElement).blur());
  });

  it('the agent goes on from the corrected step, and everything follows again', async () => {
    await open.page.keyboard.press('Control+r');
    await desk.saved(6).waitFor({ timeout: 120_000 });
    expect(await desk.doubtful().count()).toBe(0);
    expect(await desk.steps.getByText('went on', { exact: true }).count()).toBeGreaterThan(0);
    await remember();
    await lookInBothThemes(open.page, 'correct');
  });

  it('the comparison shows both boxes on one image', async () => {
    await open.page.keyboard.press('c');
    const compare = open.page.getByRole('region', { name: 'Model against corrected' });
    await compare.getByText('box moved').waitFor();
    expect(
      await compare
        .getByRole('img', { name: /both|model’s box/ })
        .locator('rect')
        .count(),
    ).toBe(2);
    await lookInBothThemes(open.page, 'correct-compare');
    await open.page.keyboard.press('c');
    await desk.steps.first().waitFor();
  });

  it('the rest is cut off and finished by hand', async () => {
    await open.page.keyboard.press('x');
    await desk.saved(7).waitFor();
    expect(await desk.steps.count()).toBe(1);
    await remember();
    await open.page
      .getByRole('toolbar', { name: 'Add a step' })
      .getByRole('button', { name: 'Answer' })
      .click();
    await desk.saved(8).waitFor();
    const answer = desk.current.getByRole('textbox', { name: 'Answer' });
    await answer.fill('purple star');
    await answer.press('Enter');
    await desk.saved(9).waitFor();
    await open.page.getByText('Answer: purple star').first().waitFor();
    expect(await desk.steps.getByText('by hand', { exact: true }).count()).toBe(1);
    await desk.steps.first().getByRole('button').first().click();
    // An edit in between has no memory of its own here: the empty answer is told by its step alone.
    told.push({
      story: [...(told.at(-1)?.story ?? []), '2 Neither a call nor an answer'],
      box: await desk.box(),
    });
    await remember();
  });

  it('all undone to the beginning, and done again to the end, with a reload in between', async () => {
    const last = told.length - 1;
    for (let at = last - 1; at >= 0; at -= 1) {
      await open.page.keyboard.press('Control+z');
      await stands(at);
      if (at !== 3) continue;
      await open.page.reload();
      await stands(3);
    }
    for (let at = 1; at <= last; at += 1) {
      await open.page.keyboard.press(at % 2 === 0 ? 'Control+y' : 'Control+Shift+z');
      await stands(at);
    }
    expect(open.errors).toEqual([]);
  });

  it('two pages edit the same version: the second is shown both sides, and nothing is lost', async () => {
    const second = await open.context.newPage();
    const slow = await holdBack(second);
    await second.goto(open.page.url());
    const other = new Correcting(second);
    await other.saved(9).waitFor();
    // The second page hears nothing for a while, so its edit is one of the old version for sure.
    slow.hold();
    await open.page.keyboard.press('ArrowLeft');
    await desk.saved(10).waitFor();
    await second.keyboard.press('Shift+ArrowDown');
    await second.getByRole('status').filter({ hasText: 'Saving' }).waitFor();
    slow.release();
    const dialog = second.getByRole('dialog', { name: 'Somebody else edited this correction, too' });
    await dialog.waitFor();
    expect(await dialog.getByRole('list', { name: 'Edits' }).allInnerTexts()).toEqual([
      'Move box of step 1',
      'Move box of step 1',
    ]);
    await lookInBothThemes(second, 'correct-conflict');
    await dialog.getByRole('button', { name: 'Keep theirs' }).click();
    await other.saved(10).waitFor();
    const theirs = await desk.box();
    await until(async () => String(await other.box()) === String(theirs), 'the second page shows theirs');

    await second.getByRole('note').getByRole('button', { name: 'Look' }).click();
    await dialog.getByRole('button', { name: 'Apply mine on top' }).click();
    for (const page of [desk, other]) {
      await page.saved(11).waitFor();
      expect((await page.box())[1]).toBe((theirs[1] ?? 0) + 10);
    }
    await second.close();
  });
});

/** Lets a page talk to the host, and keeps from it for a while what the host says. To be called before it is loaded. */
async function holdBack(page: Page): Promise<{ readonly hold: () => void; readonly release: () => void }> {
  let isHeld = false;
  let waiting: (() => void)[] = [];
  await page.routeWebSocket(/\/rpc/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => {
      if (isHeld) waiting.push(() => socket.send(message));
      else socket.send(message);
    });
  });
  return {
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      for (const say of waiting) say();
      waiting = [];
    },
  };
}
