import { describeOfficialClient, SUITE_AGENTS } from '../sdk/client-suite';
import { startHarness } from '../support/harness';

describe('The official client and gRPC', () => {
  let url = '';

  beforeAll(async () => {
    ({ url } = await startHarness({ agents: SUITE_AGENTS, app: true, grpc: true }));
  });

  describeOfficialClient((agentId) => `${url}/a2a/${agentId}/.well-known/agent-card.json`, ['GRPC']);
});
