import { openWorkspace } from '../../main/store/workspace.ts';
import { AGENT_MARK, SET_MARK } from '../../shared/model/demo.ts';

/** A workspace whose demo was put in and taken out again: nothing in it, and nothing comes by itself. */
export function makeEmptyWorkspace(path: string): void {
  const workspace = openWorkspace(path, Date.now());
  for (const mark of [SET_MARK, AGENT_MARK]) workspace.settings.setMark(mark, 'done');
  workspace.close();
}
