// The agents of the cases: the same for each language, on task queues of its own.

/** Task queue of the built-in worker of the bridge, and the Nexus endpoint that leads to it. */
export const BUILT_IN = 'workers-built-in';

/** What an agent is, by the name that cases use; of most, `workflow:` of agents.yaml. */
const AGENTS = {
  outcome: { type: 'Outcome', input: 'data' },
  typed: { type: 'Typed', input: 'data' },
  pydantic: { type: 'Pydantic', input: 'data', queue: '-pydantic', only: ['python'] },
  script: { type: 'Script' },
  brief: { type: 'Script', executionTimeout: '3s' },
  vector: { type: 'Vector' },
  'brief-vector': { type: 'Vector', executionTimeout: '3s' },
  caller: { type: 'Caller', input: 'data' },
  'brief-caller': { type: 'Caller', input: 'data', executionTimeout: '8s' },
  chained: { chain: ['script'] },
  unregistered: { type: 'Nowhere', input: 'data' },
  nobody: { type: 'Outcome', input: 'data', queue: '-nobody' },
  coded: { type: 'Outcome', input: 'data', queue: '-coded' },
  'coded-script': { type: 'Script', queue: '-coded' },
  pinned: { type: 'Script', queue: '-pinned' },
  upgraded: { type: 'Script', queue: '-upgraded' },
};

/** @param suffix as in {@link AGENTS} */
export function queueOf(language, suffix = '') {
  return `workers-${language}${suffix}`;
}

export function agentId(language, name) {
  return `${language}-${name}`;
}

/** agents.yaml, for these languages. */
export function agentsFile(languages) {
  const agents = languages.flatMap((language) =>
    Object.entries(AGENTS)
      .filter(([, { only = [language] }]) => only.includes(language))
      .map(([name, agent]) => ({
        id: agentId(language, name),
        name,
        description: `What a worker in ${language} does`,
        skills: [{ id: 'test', name, description: 'Is tested' }],
        ...does(agent, language),
      })),
  );
  return JSON.stringify({ agents: agents.map((agent, index) => ({ ...agent, default: index === 0 })) });
}

function does({ chain, queue, only, ...workflow }, language) {
  if (chain === undefined) return { workflow: { ...workflow, taskQueue: queueOf(language, queue) } };
  const steps = chain.map((name) => ({ name, agent: agentId(language, name) }));
  return { chain: { taskQueue: BUILT_IN, steps } };
}
