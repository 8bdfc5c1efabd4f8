// The agents of the cases: the same for each language, on task queues of its own.

/** What becomes of `workflow:` in agents.yaml, by the name that cases use. */
const AGENTS = {
  outcome: { type: 'Outcome', input: 'data' },
  typed: { type: 'Typed', input: 'data' },
  pydantic: { type: 'Pydantic', input: 'data', queue: '-pydantic' },
  script: { type: 'Script' },
  brief: { type: 'Script', executionTimeout: '3s' },
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
    Object.entries(AGENTS).map(([name, { queue, ...workflow }]) => ({
      id: agentId(language, name),
      name,
      description: `What a worker in ${language} does`,
      skills: [{ id: 'test', name, description: 'Is tested' }],
      workflow: { ...workflow, taskQueue: queueOf(language, queue) },
    })),
  );
  return JSON.stringify({ agents: agents.map((agent, index) => ({ ...agent, default: index === 0 })) });
}
