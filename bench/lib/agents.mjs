import defining from '../../dist/define-agents.js';

/** The bench's agents on one task queue. */
export function benchAgents(taskQueue) {
  const types = ['echo', 'interview', 'a2aTicker', 'chainOfFive', 'callOutside'];
  return defining.defineAgents(
    types.map((type) => ({
      id: type,
      name: type,
      description: `The workflow ${type}`,
      skills: [{ id: type, name: type, description: `Runs ${type}`, tags: ['bench'] }],
      workflow: { type, taskQueue },
    })),
  );
}
