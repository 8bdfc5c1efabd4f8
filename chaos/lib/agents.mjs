// The agents of the cluster, and those of the remote agent, which is a second bridge.
import { stringify } from 'yaml';

function agent(id, rest) {
  return {
    id,
    name: id,
    description: `The agent ${id}`,
    skills: [{ id, name: id, description: `Runs ${id}`, tags: ['chaos'] }],
    ...rest,
  };
}

/** A workflow task that a worker held when it was killed is given to another after this time; 10 s unless set. */
const TASK_TIMEOUT = '3s';

function workflow(type, taskQueue = 'temporal-a2a') {
  return agent(type, { workflow: { type, taskQueue, taskTimeout: TASK_TIMEOUT } });
}

/**
 * @param options.remoteUrl of the remote agent, and `modelUrl` of the model's API
 * @param options.own agents whose worker is started later: {type, taskQueue}
 */
export function agentsFile({ remoteUrl, modelUrl, own }) {
  return stringify({
    agents: [
      ...own.map(({ type, taskQueue }) => workflow(type, taskQueue)),
      workflow('echo'),
      workflow('ticker'),
      workflow('interview'),
      ...callingAgents({ remoteUrl, modelUrl }),
    ],
  });
}

/** Those that call the model, the remote agent, and `ticker` and `echo`. */
export function callingAgents({ remoteUrl, modelUrl }) {
  return [
    agent('model', { model: { baseUrl: `${modelUrl}/v1`, model: 'fake' } }),
    agent('proxy', { proxy: { url: `${remoteUrl}/a2a/ticker`, bindings: ['JSONRPC'] } }),
    agent('chain', {
      chain: {
        steps: [
          {
            name: 'together',
            parallel: [
              { name: 'inside', agent: 'ticker', message: { count: 4, intervalMs: 250 } },
              {
                name: 'outside',
                url: `${remoteUrl}/a2a/ticker`,
                message: { count: 4, intervalMs: 250 },
              },
            ],
          },
          { name: 'end', agent: 'echo', message: '{% $message.text %}' },
        ],
      },
    }),
  ];
}

export function remoteAgentsFile() {
  return stringify({ agents: [workflow('ticker')] });
}
