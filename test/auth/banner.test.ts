import { banner } from '../../src/cli/banner';
import type { AgentConfig } from '../../src/config/agents';
import { agentWith } from './support';

const temporal = { address: '127.0.0.1:7233', namespace: 'default' };
const url = 'http://127.0.0.1:4000';

it.each([
  ['an environment variable', 'env:ANNA_KEY', '-H "X-Api-Key: $ANNA_KEY"'],
  ['a file', 'file:/run/secrets/anna key', `-H "X-Api-Key: $(cat '/run/secrets/anna key')"`],
])('shows a call with the key of %s, which the shell fills in', (_, value, header) => {
  const agents = [
    agentWith({ apiKeys: [{ owner: 'anna', values: [value] }] }),
    agentWith(undefined, { id: 'open', default: false }),
  ];
  const text = banner({ agents, url, temporal });
  expect(text).toContain(`curl -s ${url}/message:send ${header} -H 'A2A-Version: 1.0'`);
  expect(text).toMatch(/^ {2}Callers +need credentials, except for open$/m);
});

it('shows a call with a token, or without anything', () => {
  const jwt = [{ issuer: 'https://id.test', audience: 'us' }];
  expect(banner({ agents: [agentWith({ jwt })], url, temporal })).toContain(
    '-H "Authorization: Bearer $TOKEN"',
  );
  const open = banner({ agents: [agentWith()], url, temporal });
  expect(open).not.toMatch(/Callers|Authorization|X-Api-Key/);
});

it('tells what is on and what is off', () => {
  const text = banner({
    agents: [agentWith()],
    url,
    temporal,
    features: { encryption: true, metrics: false },
  });
  expect(text).toMatch(/^ {2}On +encryption\n {2}Off +metrics$/m);
});

describe('for an agent that needs a data part', () => {
  const bannerWith = (examples: string[], ...others: AgentConfig[]) => {
    const skills = [{ id: 'invoice', name: 'Invoice', description: 'Invoice', examples }];
    const workflow = { type: 'invoice', taskQueue: 'billing', input: 'data' as const };
    return banner({ agents: [agentWith(undefined, { skills, workflow }), ...others], url, temporal });
  };

  it('shows a call with its example', () => {
    expect(bannerWith(['{"customer": "Ada"}'])).toContain('"parts":[{"data":{"customer":"Ada"}}]');
  });

  it('shows none without an example, or one of another agent', () => {
    expect(bannerWith([])).not.toMatch(/Try it|curl/);
    const other = agentWith(undefined, { id: 'open', default: false });
    expect(bannerWith([], other)).toContain(`curl -s ${url}/a2a/open/message:send`);
  });
});

it("tells where Temporal's command line tool is", () => {
  const temporalCli = '/home/anna/.cache/temporal-a2a/bin/temporal';
  expect(banner({ agents: [agentWith()], url, temporal, temporalCli })).toContain(
    `  Temporal CLI  ${temporalCli}\n`,
  );
});
