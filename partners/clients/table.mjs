// Runs the programs of the clients against the bridge, one after the other.
import { runOwnCases } from '../lib/own-cases.mjs';

const CASES = [
  'card',
  'named',
  'send',
  'stream',
  'poll',
  'question',
  'multi-turn',
  'context',
  'failure',
  'cancel',
  'artifacts',
  'big',
];

/** Beside those of interop/agents.yaml. */
const AGENTS = [
  {
    id: 'telling',
    name: 'Telling Echo',
    description: 'Sends back what it was sent, and says it in the message of the final status too.',
    repeatAnswer: true,
    skills: [{ id: 'echo', name: 'Repeat', description: 'Returns every part of the message.' }],
    workflow: { type: 'echo', taskQueue: 'temporal-a2a' },
  },
  {
    id: 'invoice',
    name: 'Invoicer',
    description: 'Works out an invoice for an order, with tax.',
    skills: [{ id: 'invoice', name: 'Make an invoice', description: 'Takes an order.' }],
    workflow: { type: 'invoice', taskQueue: 'temporal-a2a', input: 'data' },
  },
];
let offered = false;

/** See ../README.md. */
export default {
  title: 'Clients: they call the agents of the bridge',
  program: 'client',
  cases: CASES,

  async prepare() {
    const agents = offered ? [] : AGENTS;
    offered = true;
    return { agents };
  },

  /** A client says in `speaks` which versions and bindings it was seen to use; one that answers a question has seen it. */
  run: (partner, _place, names, context) =>
    runOwnCases(partner, names, context, {
      toldOf: ({ detail }, name) => (name === 'card' ? partner.speaks : detail),
      also: { question: 'multi-turn' },
    }),
};
