import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { agentsFile } from '../../src/config/agents-file';
import { ConfigError } from '../../src/config/config-error';
import { loadAgents, parseAgents } from '../../src/config/load-agents';

const root = join(__dirname, '../..');

function faultsOf(text: string): readonly string[] {
  try {
    parseAgents(text, 'agents.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('nothing was found wrong');
}

const skills = 'skills: [{ id: s, name: S, description: s }]';

describe('parseAgents', () => {
  it('fills in the defaults', () => {
    const text = `agents:\n  - { id: a, name: A, description: a, ${skills}, workflow: { type: a } }`;
    expect(parseAgents(text, 'agents.yaml')).toMatchObject([
      { id: 'a', default: false, version: '1.0.0', workflow: { type: 'a', taskQueue: 'temporal-a2a' } },
    ]);
  });

  it('names file, line, key, what was expected and what was found, for all faults at once', () => {
    expect(
      faultsOf(`agents:
  - id: a b
    name: ""
    description: a
    ${skills}
    workflow:
      type: 7
      input: xml
  - id: b
    nmae: B
    description: b
    skills: []
    iconUrl: nowhere
    workflow: { type: b, executionTimeout: 5 days }
`),
    ).toEqual([
      'agents.yaml:2: agents[0].id: expected letters, digits, ".", "_" and "-" only, at most 63 of them, got "a b"',
      'agents.yaml:3: agents[0].name: expected a text that is not empty, got ""',
      'agents.yaml:7: agents[0].workflow.type: expected string, got number',
      'agents.yaml:8: agents[0].workflow.input: expected one of "data", "text", "parts", "message", got "xml"',
      'agents.yaml:9: agents[1].name: expected string, got nothing',
      'agents.yaml:10: agents[1].nmae: unknown key; did you mean "name"?',
      'agents.yaml:12: agents[1].skills: expected at least 1 entry, got an empty list',
      'agents.yaml:13: agents[1].iconUrl: expected a URL, got "nowhere"',
      'agents.yaml:14: agents[1].workflow.executionTimeout: expected a number with a unit, such as "30s", "5m" or "1d", got "5 days"',
    ]);
  });

  it('names the known key, or agent, that is much like what stands there', () => {
    const chain = 'chain: { steps: [{ name: s, agnt: helper }, { name: t, agent: hepler }], resutl: 1 }';
    expect(
      faultsOf(`authentification: {}
agents:
  - { id: helper, name: A, description: a, ${skills}, workflow: { type: a, task_queue: q, colour: red } }
  - { id: b, name: B, description: b, skills: [{ id: s, name: S, description: s, tag: [] }], ${chain} }
`),
    ).toEqual([
      'agents.yaml:1: authentification: unknown key; did you mean "authentication"?',
      'agents.yaml:3: agents[0].workflow.task_queue: unknown key; did you mean "taskQueue"?',
      'agents.yaml:3: agents[0].workflow.colour: unknown key',
      'agents.yaml:4: agents[1].skills[0].tag: unknown key; did you mean "tags"?',
      'agents.yaml:4: agents[1].chain.steps[0].agnt: unknown key; did you mean "agent"?',
      'agents.yaml:4: agents[1].chain.resutl: unknown key; did you mean "result"?',
      'agents.yaml:4: agents[1].chain.steps[0]: expected exactly one of agent, url, parallel, steps; got none of them',
      'agents.yaml:4: agents[1].chain.steps[1].agent: expected the ID of an agent in this file, got "hepler"; did you mean "helper"?',
    ]);
  });

  it.each([
    ['quotas: { openTasks: 5 }', 'quotas.openTasks: unknown key; known here: perCaller, callers'],
    [
      'quotas: { callers: { batch: { open_tasks: 5 } } }',
      'quotas.callers.batch.open_tasks: unknown key; did you mean "openTasks"?',
    ],
    [
      'quotas: { perCaller: { openTasks: 0 } }',
      'quotas.perCaller.openTasks: expected a number above 0, got number 0',
    ],
  ])('says what may stand in the place of %s', (quotas, fault) => {
    const agent = `{ id: a, name: A, description: a, ${skills}, workflow: { type: a } }`;
    expect(faultsOf(`${quotas}\nagents: [${agent}]\n`)).toEqual([`agents.yaml:1: ${fault}`]);
  });

  it('refuses two agents with one ID, and two defaults', () => {
    const agent = `id: a, default: true, name: A, description: a, ${skills}, workflow: { type: a }`;
    expect(faultsOf(`agents:\n  - { ${agent} }\n  - { ${agent} }\n`)).toEqual([
      'agents.yaml:3: agents[1].id: expected an ID that no other agent has, got "a", which is the ID of agents[0]',
      'agents.yaml:3: agents[1].default: expected one default agent, got another: agents[0] is the default already',
    ]);
  });

  it.each([
    ['agents:\n  - id: "a\n', /^agents\.yaml:\d: Missing closing "quote/],
    ['agents:\n  - id: a\n    id: b\n', /^agents\.yaml:3: Map keys must be unique/],
    ['agents: [{ id: *missing }]', /^agents\.yaml:1?:? ?.*missing/],
    ['', /^agents\.yaml:1: expected a list of agents \(agents:\), got an empty file$/],
    ['agents: {}', /^agents\.yaml:1: agents: expected a list, got an object$/],
    ['- id: a', /^agents\.yaml:1: expected an object, got a list$/],
  ])('says where %j is broken', (text, fault) => {
    expect(faultsOf(text)[0]).toMatch(fault);
  });
});

describe('loadAgents', () => {
  it('reads the sample agents', () => {
    const agents = loadAgents(join(root, 'agents.yaml'));
    expect(agents.map(({ id, default: isDefault, workflow }) => [id, isDefault, workflow.type])).toEqual([
      ['echo', true, 'echo'],
      ['ticker', false, 'ticker'],
      ['interview', false, 'interview'],
      ['invoice', false, 'invoice'],
      ['welcome', false, 'chain'],
    ]);
    expect(agents[3]?.workflow.input).toBe('data');
  });

  it('says that there is no such file', () => {
    expect(() => loadAgents('none.yaml')).toThrow(
      'none.yaml: there is no such file; AGENTS_FILE names the file that lists the agents',
    );
  });
});

describe('loadAgents, from several files', () => {
  let directory: string;
  const at = (name: string) => join(directory, name);
  const write = (name: string, ...agents: string[]) => {
    const entries = agents.map(
      (agent) =>
        `  - { name: N, description: d, ${skills}, ${agent.includes('chain') ? '' : 'workflow: { type: w }, '}${agent} }`,
    );
    writeFileSync(at(name), `agents:\n${entries.join('\n')}\n`);
  };
  const faults = (place = directory) => {
    try {
      loadAgents(place);
    } catch (error) {
      return (error as ConfigError).faults;
    }
    return [];
  };
  const idsAt = (place: string) => loadAgents(place).map(({ id }) => id);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'agents-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes those of a directory by name, and a list as it stands', () => {
    write('b.yml', 'id: b');
    write('a.yaml', 'id: a1', 'id: a2');
    mkdirSync(at('sub.yaml'));
    for (const other of ['.hidden.yaml', 'a.yaml~', 'README.md']) writeFileSync(at(other), '{');
    expect(idsAt(directory)).toEqual(['a1', 'a2', 'b']);
    expect(idsAt(`${at('b.yml')}, ${at('a.yaml')}`)).toEqual(['b', 'a1', 'a2']);
    expect(idsAt(`${at('b.yml')},${directory}`)).toEqual(['b', 'a1', 'a2']);
  });

  it('lets the agents of one call those of another', () => {
    write('a.yaml', 'id: a, chain: { steps: [{ name: s, agent: b }] }');
    write('b.yaml', 'id: b');
    const [chain] = loadAgents(directory);
    expect(chain?.definition).toMatchObject({ agents: { b: { kind: 'local', agentId: 'b' } } });
    write('b.yaml', 'id: elsewhere');
    expect(faults()).toEqual([
      `${at('a.yaml')}:2: agents[0].chain.steps[0].agent: expected the ID of an agent in these files, got "b"`,
    ]);
  });

  it('names both files of two agents with one ID, or of two defaults', () => {
    write('a.yaml', 'id: z', 'id: a, default: true');
    write('b.yaml', 'id: a, default: true');
    const first = `agents[1] in ${at('a.yaml')}`;
    expect(faults()).toEqual([
      `${at('b.yaml')}:2: agents[0].id: expected an ID that no other agent has, got "a", which is the ID of ${first}`,
      `${at('b.yaml')}:2: agents[0].default: expected one default agent, got another: ${first} is the default already`,
    ]);
  });

  it('tells the faults of all files', () => {
    write('a.yaml', 'id: a, nmae: A');
    writeFileSync(at('b.yaml'), 'agents: [');
    write('c.yaml', 'id: a');
    expect(faults()).toEqual([
      `${at('a.yaml')}:2: agents[0].nmae: unknown key; did you mean "name"?`,
      expect.stringMatching(/b\.yaml:1: Flow sequence/),
      expect.stringMatching(/c\.yaml:2: agents\[0\]\.id: expected an ID that no other agent has/),
    ]);
    expect(faults(`${at('none.yaml')},${at('neither.yaml')}`)).toEqual([
      expect.stringContaining('none.yaml: there is no such file'),
      expect.stringContaining('neither.yaml: there is no such file'),
    ]);
  });

  it('names a link in a directory that leads nowhere', () => {
    write('a.yaml', 'id: a');
    symlinkSync(at('gone.yaml'), at('b.yaml'));
    expect(faults()).toEqual([expect.stringContaining(`${at('b.yaml')}: there is no such file`)]);
  });

  it('says that a directory has no such file', () => {
    expect(faults()).toEqual([
      expect.stringContaining(`${directory}: there is no *.yaml file in this directory`),
    ]);
    expect(faults(' , ')).toEqual([expect.stringContaining('no file')]);
  });
});

it('agents.schema.json is the one of the zod schema', () => {
  const schema = JSON.parse(readFileSync(join(root, 'agents.schema.json'), 'utf8')) as unknown;
  expect(schema).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(agentsFile, { io: 'input' }))));
});
