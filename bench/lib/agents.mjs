import defining from '../../dist/define-agents.js';

/** The bench's agents on one task queue. */
export function benchAgents(taskQueue) {
  const types = [
    'echo',
    'interview',
    'a2aHolder',
    'a2aListener',
    'a2aTicker',
    'ticker',
    'chainOfFive',
    'callOutside',
  ];
  return defining.defineAgents([
    ...types.map((type) => ({ ...about(type), workflow: { type, taskQueue } })),
    { ...about('unserved'), workflow: { type: 'a2aHolder', taskQueue: `${taskQueue}-without-worker` } },
    { ...about('chainOfItems'), chain: { ...CHAIN_OF_ITEMS, taskQueue } },
    { ...about('callForEach'), chain: { ...CALL_FOR_EACH, taskQueue } },
  ]);
}

function about(id) {
  return {
    id,
    name: id,
    description: `The workflow ${id}`,
    skills: [{ id, name: id, description: `Runs ${id}`, tags: ['bench'] }],
  };
}

const CHAIN_OF_ITEMS = {
  steps: [
    {
      name: 'each',
      forEach: '{% [1..1000] %}',
      agent: 'echo',
      message: '{% $sum([1..150].($ * 2 + $item)) %}',
      result: '{% $result.data %}',
    },
  ],
  result: '{% $count($steps.each) %}',
};

const CALL_FOR_EACH = {
  steps: [{ name: 'each', forEach: '{% [1..1000] %}', agent: 'echo', message: '{% $string($item) %}' }],
  result: '{% $count($steps.each) %}',
};
