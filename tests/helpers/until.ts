/**
 * Waits for something that happens elsewhere. The limit only turns a hang into a message; no promise is timed.
 * @param what ends the sentence "waited in vain until ..."
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  limit = 60_000,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited ${limit} ms in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
