import type { Locator, Page } from 'playwright-core';

export interface ScreenBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The screen on which a run is corrected, as a person sees it. */
export class Correcting {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** From the run that Watch shows. */
  async open(): Promise<void> {
    await this.page.keyboard.press('e');
    await this.steps.first().waitFor();
  }

  get steps(): Locator {
    return this.page.getByRole('list', { name: 'Corrected steps' }).getByRole('listitem');
  }

  /** The open step. */
  get current(): Locator {
    return this.steps.filter({ has: this.page.locator('[aria-current="step"]') });
  }

  side(name: 'Left edge' | 'Top edge' | 'Right edge' | 'Bottom edge'): Locator {
    return this.current.getByRole('textbox', { name: new RegExp(`^${name}`) });
  }

  async box(): Promise<readonly number[]> {
    const sides = ['Left edge', 'Top edge', 'Right edge', 'Bottom edge'] as const;
    return Promise.all(sides.map(async (name) => Number(await this.side(name).inputValue())));
  }

  /** "2 edits, saved" once everything that was done is acknowledged. */
  saved(edits: number): Locator {
    const words = edits === 0 ? 'No edits yet' : `${edits} ${edits === 1 ? 'edit' : 'edits'}, saved`;
    return this.page.getByRole('status').filter({ hasText: words });
  }

  /** What each step says it did, with its marks. */
  async story(): Promise<readonly string[]> {
    const heads = await this.steps.getByRole('button', { name: /^\d+/ }).allInnerTexts();
    return heads.map((text) => text.replace(/\s+/g, ' '));
  }

  doubtful(): Locator {
    return this.steps.getByText('no longer follows');
  }

  /** The crop that the open step brings in: its address, and its pixels as they were sent. */
  async crop(): Promise<{ readonly address: string; readonly pixels: string }> {
    const picture = this.current.getByRole('img', { name: /the result of step/ });
    const address = (await picture.getAttribute('src')) ?? '';
    const pixels = await this.page.evaluate(async (url) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const digest = await crypto.subtle.digest('SHA-256', bytes);
      return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, address);
    return { address, pixels };
  }

  /** Where the box with handles is on the screen: what is drawn on the layer over the images. */
  async heldBox(): Promise<ScreenBox> {
    const found = await this.page.evaluate(() => {
      const layer = document.querySelectorAll<HTMLCanvasElement>('[role="group"] > canvas[aria-hidden]');
      const canvas = [...layer].at(-1);
      const context = canvas?.getContext('2d');
      if (canvas === undefined || context === null || context === undefined) return null;
      const { width, height } = canvas;
      const { data } = context.getImageData(0, 0, width, height);
      let [left, top, right, bottom] = [width, height, -1, -1];
      for (let at = 3; at < data.length; at += 4) {
        if (data[at] === 0) continue;
        const x = ((at - 3) / 4) % width;
        const y = Math.floor((at - 3) / 4 / width);
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
      const place = canvas.getBoundingClientRect();
      const ratio = width / place.width;
      return right < 0
        ? null
        : {
            x: place.left + left / ratio,
            y: place.top + top / ratio,
            width: (right - left) / ratio,
            height: (bottom - top) / ratio,
          };
    });
    if (found === null) throw new Error('no box is held');
    return found;
  }

  /** Drags the held box by its inside, in small moves as a hand does. */
  async dragBox(dx: number, dy: number): Promise<void> {
    const box = await this.heldBox();
    const from = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await this.page.mouse.move(from.x, from.y);
    await this.page.mouse.down();
    await this.page.mouse.move(from.x + dx / 2, from.y + dy / 2, { steps: 4 });
    await this.page.mouse.move(from.x + dx, from.y + dy, { steps: 4 });
    await this.page.mouse.up();
  }
}
