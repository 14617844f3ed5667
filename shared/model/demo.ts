/** What the host remembers about the demo that a first start puts in. */
export const SET_MARK = 'demo_set';
export const AGENT_MARK = 'demo_agent';
/** Its value is the id of the agent. */
export const BEGINNER_MARK = 'demo_beginner';
