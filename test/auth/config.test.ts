import { asksWhoCalls } from '../../src/config/authentication';
import { ConfigError } from '../../src/config/config-error';
import { parseAgents } from '../../src/config/load-agents';
import { assertSafeToServe } from '../../src/config/exposure';

const AGENT = 'name: A, description: a, skills: [{ id: s, name: S, description: s }], workflow: { type: a }';

function faultsOf(authentication: string): readonly string[] {
  try {
    parseAgents(`authentication: ${authentication}\nagents:\n  - { id: a, ${AGENT} }\n`, 'agents.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('nothing was found wrong');
}

it('goes for every agent that does not say otherwise', () => {
  const agents = parseAgents(
    `authentication: { apiKeys: [{ owner: anna, values: [env:ANNA] }] }
agents:
  - { id: a, ${AGENT} }
  - { id: b, ${AGENT}, authentication: { jwt: [{ issuer: "https://id.test", audience: us }] } }
  - { id: c, ${AGENT}, authentication: { anonymous: true } }
`,
    'agents.yaml',
  );
  expect(agents.map(({ authentication }) => authentication)).toEqual([
    { apiKeys: [{ owner: 'anna', values: ['env:ANNA'] }], jwt: [] },
    { apiKeys: [], jwt: [{ issuer: 'https://id.test', audience: 'us', scopes: [] }] },
    { apiKeys: [], jwt: [], anonymous: true },
  ]);
  expect(agents.map(asksWhoCalls)).toEqual([true, true, false]);
});

const KEYS = '[{ owner: anna, values: [env:ANNA] }]';

it.each([
  ['{}', 'authentication: expected apiKeys, keyFile, jwt or anonymous, got none of them'],
  [
    `{ apiKeys: ${KEYS}, anonymous: true }`,
    'authentication: expected either anonymous or credentials, got both',
  ],
  [
    `{ apiKeys: ${KEYS}, keys: [] }`,
    'authentication.keys: unknown key; known here: apiKeys, keyFile, jwt, anonymous',
  ],
  [
    '{ apiKeys: [{ owner: anna, values: [] }] }',
    'authentication.apiKeys[0].values: expected at least 1 entry, got an empty list',
  ],
  [
    '{ apiKeys: [{ owner: "an na", values: [env:A] }] }',
    'authentication.apiKeys[0].owner: expected letters, digits, ".", "_", "@" and "-" only, at most 128, got "an na"',
  ],
  [
    '{ apiKeys: [{ owner: a, values: [env:A] }, { owner: a, values: [env:B] }] }',
    'authentication.apiKeys[1].owner: expected another owner than that of apiKeys[0], got "a"',
  ],
  [
    '{ jwt: [{ issuer: "https://id.test" }] }',
    'authentication.jwt[0].audience: expected a text, or a list of texts that is not empty, got nothing',
  ],
  [
    '{ jwt: [{ issuer: "https://id.test?a=b", audience: a }] }',
    'authentication.jwt[0].issuer: expected a URL without query and fragment, got "https://id.test?a=b"',
  ],
  [
    '{ jwt: [{ issuer: "id.test", audience: a }] }',
    'authentication.jwt[0].issuer: expected a URL, got "id.test"',
  ],
])('says what is wrong with %s', (authentication, fault) => {
  expect(faultsOf(authentication)).toEqual([`agents.yaml:1: ${fault}`]);
});

it('never shows a key that was written where its reference belongs', () => {
  const [fault = ''] = faultsOf('{ apiKeys: [{ owner: anna, values: [sk-1234567890abcdef] }] }');
  expect(fault).toMatch(/expected a reference to a secret: "env:NAME" or "file:PATH"/);
  expect(fault).not.toContain('sk-1234567890abcdef');
});

it('accepts no algorithm with a shared secret', () => {
  const [fault] = faultsOf('{ jwt: [{ issuer: "https://id.test", audience: a, algorithms: [HS256] }] }');
  expect(fault).toMatch(/algorithms\[0\]: expected one of "RS256".*got "HS256"$/);
});

it('lets a server be reached by others when every agent asks who calls', () => {
  const asking = { apiKeys: [{ owner: 'anna', values: ['env:A'] }], jwt: [] };
  const closed = { id: 'closed', authentication: asking };
  const where = { host: '0.0.0.0', allowAnonymous: false };
  expect(() => assertSafeToServe(where, [closed])).not.toThrow();
  const open = { id: 'open', authentication: { apiKeys: [], jwt: [], anonymous: true as const } };
  expect(() => assertSafeToServe(where, [closed, open, { id: 'bare' }])).toThrow(
    /no authentication: open, bare\. Add authentication: to agents\.yaml.*--allow-anonymous/,
  );
  expect(() => assertSafeToServe({ ...where, allowAnonymous: true }, [open])).not.toThrow();
});
