import { ConfigError } from '../../src/config/config-error';
import { parseAgents } from '../../src/config/load-agents';

const HEAD = `agents:
  - id: echo
    name: Echo
    description: Echoes.
    skills: [{ id: a, name: a, description: a }]
    workflow: { type: echo }
  - id: tour
    name: Tour
    description: Calls others.
    skills: [{ id: a, name: a, description: a }]
`;

const parse = (tail: string) => parseAgents(HEAD + tail.replace(/^/gm, '    '), 'agents.yaml');

function faultsOf(tail: string): readonly string[] {
  try {
    parse(tail);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const CHAIN = `chain:
  steps:
    - name: plan
      agent: echo
      message: "{% $input.wish %}"
    - name: both
      parallel:
        - name: left
          url: https://agents.example/left
          credentials: [{ value: "env:LEFT_KEY" }]
        - name: right
          steps:
            - { name: a, agent: echo }
            - { name: b, agent: echo, message: "{% $steps.a.text %}" }
    - name: each
      forEach: "{% $steps.left.data.items %}"
      concurrency: 3
      agent: echo
      message: { item: "{% $item %}", at: "{% $index %}" }
      when: "{% $exists($steps.plan) %}"
      timeout: 5m
      retry: { maximumAttempts: 2 }
      onError: continue
  result: "{% $steps.each %}"
`;

it('a chain becomes the built-in workflow and its definition', () => {
  const [, tour] = parse(CHAIN);
  expect(tour?.workflow).toEqual({ type: 'chain', taskQueue: 'temporal-a2a' });
  expect(tour?.definition).toMatchObject({
    steps: [{ name: 'plan', agent: 'echo' }, { name: 'both' }, { name: 'each', concurrency: 3 }],
    result: '{% $steps.each %}',
  });
  expect(tour).not.toHaveProperty('chain');
});

it('a proxy becomes the built-in workflow and its definition', () => {
  const [, tour] = parse('proxy: { url: "https://agents.example", taskQueue: mine, waiting: poll }\n');
  expect(tour?.workflow).toEqual({ type: 'proxy', taskQueue: 'mine' });
  expect(tour?.definition).toEqual({ url: 'https://agents.example', waiting: 'poll' });
});

describe('a chain that cannot work is refused', () => {
  const step = (text: string) => `chain:\n  steps:\n    - name: one\n      ${text}\n`;

  it.each([
    [
      'with the place in an expression',
      step('agent: echo\n      message: "{% $input..wish %}"'),
      'agents.yaml:15: agents[1].chain.steps[0].message: character 11: ',
    ],
    [
      'with the place in an expression of several lines',
      step(
        'agent: echo\n      message:\n        text: |\n          {% (\n            $steps.two.text\n          ) %}',
      ),
      'agents.yaml:16: agents[1].chain.steps[0].message.text: line 2, character 10: there is no step "two" before this one (there is: none)',
    ],
    [
      'for a step that it does not know yet',
      step('agent: echo\n      message: "{% $steps.two.text %}"\n    - { name: two, agent: echo }'),
      'agents.yaml:15: agents[1].chain.steps[0].message: character 11: there is no step "two" before this one (there is: none)',
    ],
    [
      'for a variable that is not there',
      step('agent: echo\n      message: "{% $item %}"'),
      'agents.yaml:15: agents[1].chain.steps[0].message: character 4: there is no $item here (there is: $input, $message, $steps, $previous, $task)',
    ],
    [
      'for an agent that is not there',
      step('agent: ecko'),
      'agents.yaml:14: agents[1].chain.steps[0].agent: expected the ID of an agent in this file, got "ecko"',
    ],
    [
      'for a fallback that is not there',
      step('agent: echo\n      onError: ecko'),
      'agents.yaml:15: agents[1].chain.steps[0].onError: expected the ID of an agent in this file, got "ecko"',
    ],
    [
      'when it calls itself',
      step('agent: tour'),
      'agents.yaml:14: agents[1].chain.steps[0].agent: expected another agent, got the chain itself',
    ],
    [
      'for a step that does nothing',
      step('when: "{% true %}"'),
      'agents.yaml:13: agents[1].chain.steps[0]: expected exactly one of agent, url, parallel, steps; got none of them',
    ],
    [
      'for two steps of one name',
      step('agent: echo\n    - { name: one, agent: echo }'),
      'agents.yaml:15: agents[1].chain.steps[1].name: another step is already named "one"',
    ],
    [
      'for a condition that is no expression',
      step('agent: echo\n      when: $input'),
      'agents.yaml:15: agents[1].chain.steps[0].when: expected a single expression, such as "{% $steps.a.data %}"',
    ],
    [
      'for what does not belong to a step',
      step('agent: echo\n      waiting: poll'),
      'agents.yaml:15: agents[1].chain.steps[0].waiting: is allowed only for steps with url',
    ],
    [
      'for a secret in it',
      step('url: https://agents.example\n      credentials: [{ value: s3cret }]'),
      'agents.yaml:15: agents[1].chain.steps[0].credentials[0].value: expected a reference to a secret: "env:NAME" or "file:PATH", or one with a scheme of SECRETS_MODULE, got another text',
    ],
    [
      'with what else it is',
      `${CHAIN}workflow: { type: echo }\n`,
      'agents.yaml:12: agents[1].chain: expected exactly one of workflow, proxy, chain, model, got workflow and chain',
    ],
  ])('%s', (_, tail, fault) => {
    expect(faultsOf(tail)).toEqual([expect.stringContaining(fault)]);
  });

  it('when it is nothing', () => {
    expect(faultsOf('streaming: true\n')).toEqual([
      expect.stringMatching(
        /^agents.yaml:7: agents\[1\]: expected exactly one of workflow, .*, got none of them$/,
      ),
    ]);
  });

  it('when chains call each other round and round', () => {
    const again = (id: string, agent: string) =>
      `  - { id: ${id}, name: a, description: a, skills: [{ id: a, name: a, description: a }], chain: { steps: [{ name: one, agent: ${agent} }] } }\n`;
    const ring = `agents:\n${again('a', 'b')}${again('b', 'c')}${again('c', 'a')}${again('d', 'a')}`;
    expect(() => parseAgents(ring, 'ring.yaml')).toThrow(
      'ring.yaml:2: agents[0].chain.steps[0].agent: expected an agent that does not call this chain in turn, got "b"',
    );
    expect(() => parseAgents(ring, 'ring.yaml')).not.toThrow('agents[3]');
  });
});
