import { startHarness } from '../support/harness';
import { describeOfficialClient, SUITE_AGENTS } from './client-suite';

describe('The official client and our own API', () => {
  let url = '';

  beforeAll(async () => {
    ({ url } = await startHarness({ agents: SUITE_AGENTS, app: true }));
  });

  describeOfficialClient((agentId) => `${url}/a2a/${agentId}/.well-known/agent-card.json`);
});
