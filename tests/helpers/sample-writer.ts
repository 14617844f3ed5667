/**
 * A process that saves samples as fast as it can and says so for each, until it is killed. With `early` it says so
 * before it has saved: the fault that the kill test must be able to find.
 */
import { writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { placeInBatch } from '../../main/store/repositories/page.ts';
import { openWorkspace } from '../../main/store/workspace.ts';

const [folder = '', mode = ''] = process.argv.slice(2);
const workspace = openWorkspace(folder, Date.now());
const image = workspace.images.list({ limit: 1 }).items[0];
if (image === undefined) throw new Error('the workspace needs an image');

for (;;) {
  const question = randomBytes(20 + Math.floor(Math.random() * 2000)).toString('hex');
  const acknowledge = (): void => void writeSync(1, `${question}\n`);
  if (mode === 'early') acknowledge();
  workspace.write(() =>
    workspace.samples.add(
      {
        question,
        imageIds: [image.id],
        choices: null,
        answers: [],
        answerKind: 'text',
        kind: 'k',
        tags: [],
        split: 'none',
      },
      placeInBatch(workspace.counters.nextBatch(), 0),
      Date.now(),
    ),
  );
  if (mode !== 'early') acknowledge();
}
