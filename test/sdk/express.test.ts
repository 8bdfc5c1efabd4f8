import { serveWithExpress } from '../../examples/express/server';
import { createBridge } from '../../src';
import { startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';
import { describeOfficialClient, SUITE_AGENTS } from './client-suite';

describe('The official client and the bridge inside an Express server of the SDK', () => {
  let url = '';

  // The SDK's handlers print what they answer with an error.
  beforeEach(() => void jest.spyOn(console, 'error').mockImplementation(() => {}));
  afterEach(() => jest.restoreAllMocks());

  beforeAll(async () => {
    const { temporal, agents } = await startHarness({ agents: SUITE_AGENTS });
    const bridge = await createBridge({ client: temporal.client, agents });
    const served = await serveWithExpress(bridge, 0);
    url = served.url;
    cleanUpAfterAll(async () => {
      await bridge.close();
      served.server.close().closeAllConnections();
    });
  });

  describeOfficialClient((agentId) => `${url}/agents/${agentId}/.well-known/agent-card.json`);
});
