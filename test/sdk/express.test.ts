import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';
import { agentCard } from '../../src/api/agent-card';
import { BridgeRequestHandler } from '../../src/bridge/request-handler';
import { startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';
import { describeOfficialClient, SUITE_AGENTS } from './client-suite';

describe('The official client and the bridge inside an Express server of the SDK', () => {
  let url = '';

  // The SDK's handlers print what they answer with an error.
  beforeEach(() => void jest.spyOn(console, 'error').mockImplementation(() => {}));
  afterEach(() => jest.restoreAllMocks());

  beforeAll(async () => {
    const { bridge, agents } = await startHarness({ agents: SUITE_AGENTS });
    const app = express();
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUpAfterAll(async () => server.close().closeAllConnections());
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const agent of agents) {
      const card = agentCard(agent, `${url}/${agent.id}`);
      const requestHandler = new BridgeRequestHandler({ operations: bridge, agent, card });
      const options = { requestHandler, userBuilder: UserBuilder.noAuthentication };
      app.use(
        `/${agent.id}/.well-known/agent-card.json`,
        agentCardHandler({ agentCardProvider: requestHandler }),
      );
      app.use(`/${agent.id}`, jsonRpcHandler(options));
      app.use(`/${agent.id}`, restHandler(options));
    }
  });

  describeOfficialClient((agentId) => `${url}/${agentId}/.well-known/agent-card.json`);
});
