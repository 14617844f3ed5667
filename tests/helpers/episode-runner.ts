/**
 * A host of its own whose agent finishes two steps and then hangs. It says which episode that is and how many
 * steps a watcher was told are finished, and waits to be killed.
 */
import { join } from 'node:path';
import { importColours, makeSample } from './studio-acts.ts';
import { startTestHost } from './test-host.ts';

const [folder = ''] = process.argv.slice(2);
const LOOK =
  '<think>Again.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 1}}\n</tool_call>';
const BAD = '<think>Oh.</think>\n<tool_call>\n{}\n</tool_call>';

const host = await startTestHost({ folder, script: [LOOK, BAD, { text: '<think>hm', thenHang: true }] });
await importColours(host, join(folder, 'pictures'), ['red', 'blue']);
const { id } = await host.services.episodes.start({ sampleId: await makeSample(host) });
let finishedSteps = 0;
for await (const { message } of host.services.episodes.watch(id, 0, new AbortController().signal)) {
  if (message.type !== 'event') continue;
  if (message.event.type === 'step_finished') finishedSteps += 1;
  if (message.event.type === 'tokens' && message.event.index === 2) {
    process.stdout.write(`${JSON.stringify({ id, finishedSteps })}\n`);
  }
}
