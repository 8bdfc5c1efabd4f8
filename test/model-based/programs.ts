import fc from 'fast-check';
import type { Part } from '../../src/a2a/types';
import type { Step } from '../support/workflows';

/** What an agent tells, or where it waits for its client, given what it has heard so far. */
type Item =
  | { tell: (heard: readonly string[]) => string }
  | { ask: (heard: readonly string[]) => string }
  /** Waits for a message without saying so, and repeats it. */
  | { next: true };

/** What a client has an agent do, and what comes of it. */
export interface Program {
  agent: string;
  /** Of the first message. */
  parts: Part[];
  items: Item[];
  /** A plain workflow takes no further messages. */
  plain?: true;
}

/** Events in the words of `inShort`, without the first one; and how the agent waits, unless it has ended. */
export interface Course {
  events: string[];
  waits?: 'asks' | 'listens';
}

/** What comes of a program when the places where it waits hear these texts, one after the other. */
export function courseOf({ items }: Program, heard: readonly string[]): Course {
  const events: string[] = [];
  const sofar: string[] = [];
  for (const item of items) {
    if ('tell' in item) {
      events.push(item.tell(sofar));
      continue;
    }
    if ('ask' in item) events.push(`input_required "${item.ask(sofar)}"`);
    const text = heard[sofar.length];
    if (text === undefined) return { events, waits: 'ask' in item ? 'asks' : 'listens' };
    sofar.push(text);
    events.push('ask' in item ? 'working' : `working "${text}"`);
  }
  return { events };
}

/** The places where a program waits. */
export function placesOf({ items }: Program): ('ask' | 'next')[] {
  return items.flatMap((item) =>
    'tell' in item ? [] : 'ask' in item ? ['ask' as const] : ['next' as const],
  );
}

const tell = (text: string): Item => ({ tell: () => text });
const ask = (text: string): Item => ({ ask: () => text });

function echo(text: string): Program {
  const items = [tell(`artifact echo"${text}" last`), tell('completed')];
  return { agent: 'echo', parts: [{ text }], items };
}

function interview(twice: boolean): Program {
  const ends = ([name, color]: readonly string[]) =>
    `artifact answers"Your name is ${name}.${twice ? ` Your favourite color is ${color}.` : ''}" last`;
  const second: Item[] = twice ? [{ ask: ([name]) => `Hello, ${name}. What is your favourite color?` }] : [];
  return {
    agent: 'interview',
    parts: [{ text: twice ? 'twice' : 'once' }],
    items: [ask('What is your name?'), ...second, { tell: ends }, tell('completed')],
  };
}

function ticker(count: number, intervalMs: number): Program {
  const ticks = Array.from({ length: count }, (_, index) => index + 1);
  return {
    agent: 'ticker',
    parts: [{ data: { count, intervalMs } }],
    items: [
      ...ticks.flatMap((n) => [
        tell(`working "tick ${n} of ${count}"`),
        tell(`artifact ticks${n > 1 ? '+' : ''}"tick ${n}\n"${n === count ? ' last' : ''}`),
      ]),
      tell('completed'),
    ],
  };
}

function badTicker(): Program {
  const why = 'count must be a whole number from 1 to 1000, as in {"count": 5, "intervalMs": 100}';
  return { agent: 'ticker', parts: [{ data: { count: 0 } }], items: [tell(`rejected "${why}"`)] };
}

function invoice(good: boolean): Program {
  const items = good ? [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] : [];
  const end = good
    ? [tell('artifact result"" last'), tell('completed')]
    : [tell('failed "the order has no items"')];
  return {
    agent: 'invoice',
    parts: [{ data: { customer: 'Ada', items } }],
    items: [tell('working'), ...end],
    plain: true,
  };
}

function chain(): Program {
  const artifact: Item = { tell: ([name]) => `artifact echo"So: Your name is ${name}." last` };
  return {
    agent: 'chain',
    parts: [{ text: 'go' }],
    items: [
      tell('working "guest started"'),
      ask('What is your name?'),
      tell('working "guest completed"'),
      tell('working "greeting started"'),
      artifact,
      tell('working "greeting completed"'),
      tell('completed'),
    ],
  };
}

function script(steps: Step[]): Program {
  const ends = steps.some((step) => 'complete' in step || 'reject' in step || 'fail' in step);
  return {
    agent: 'script',
    parts: [{ data: { steps } as never }],
    items: [...steps.flatMap(itemsOf), ...(ends ? [] : [tell('completed')])],
  };
}

function itemsOf(step: Step): Item[] {
  if ('working' in step) return [tell(`working "${step.working}"`)];
  if ('artifact' in step) return [tell(`artifact ${step.artifact.artifactId}"${step.artifact.text}" last`)];
  if ('chunks' in step) {
    const { artifactId, texts } = step.chunks;
    const last = texts.length - 1;
    return texts.map((text, n) =>
      tell(`artifact ${artifactId}${n > 0 ? '+' : ''}"${text}"${n === last ? ' last' : ''}`),
    );
  }
  if ('report' in step) {
    return step.report.flatMap((update) => {
      if (!('artifactUpdate' in update)) return [];
      const { artifact, append } = update.artifactUpdate;
      return [tell(`artifact ${artifact.artifactId}${append ? '+' : ''}"${artifact.parts[0]?.text}"`)];
    });
  }
  if ('ask' in step) return [ask(step.ask)];
  if ('next' in step) return [{ next: true }];
  if ('complete' in step) {
    const { text, message } = step.complete;
    const artifact = text === undefined ? [] : [tell(`artifact last"${text}" last`)];
    return [...artifact, tell(message === undefined ? 'completed' : `completed "${message}"`)];
  }
  if ('reject' in step) return [tell(`rejected "${step.reject}"`)];
  if ('fail' in step) return [tell(`failed "${step.fail}"`)];
  return [];
}

const word = fc.constantFrom('x', 'y', 'z');
const artifactId = fc.constantFrom('a', 'b');

const report = fc
  .tuple(
    fc.array(fc.tuple(artifactId, word), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    fc.constantFrom(0, 15),
  )
  .map(
    ([chunks, fails, gapMs]): Step => ({
      report: chunks.map(([id, text]) => ({
        artifactUpdate: { artifact: { artifactId: id, parts: [{ text }] }, append: true },
      })),
      options: { gapMs, ...(fails && { failBefore: [chunks.length - 1] }) },
    }),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  word.map((working): Step => ({ working })),
  fc.tuple(artifactId, word).map(([id, text]): Step => ({ artifact: { artifactId: id, text } })),
  fc
    .tuple(artifactId, fc.array(word, { minLength: 1, maxLength: 3 }))
    .map(([id, texts]): Step => ({ chunks: { artifactId: id, texts } })),
  report,
  fc.constantFrom<Step>(
    { ask: 'q?' },
    { ask: 'r?' },
    { next: true },
    { pause: true },
    { continueAsNew: true },
  ),
);

const end: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ text: word, message: word }, { requiredKeys: [], noNullPrototype: true })
    .map((complete): Step => ({ complete })),
  word.map((reject): Step => ({ reject })),
  word.map((fail): Step => ({ fail })),
);

/** For the list of commands of a case that fails. */
const named = (program: Program): Program =>
  Object.assign(program, {
    [fc.toStringMethod]: () => `${program.agent} ${JSON.stringify(program.parts)}`,
  });

/** Any program of any agent; shrinks to an echo, or to fewer steps. */
export const program: fc.Arbitrary<Program> = fc
  .oneof(
    { arbitrary: word.map(echo), weight: 2 },
    { arbitrary: fc.boolean().map(interview), weight: 3 },
    {
      arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 20)).map((of) => ticker(...of)),
      weight: 2,
    },
    { arbitrary: fc.constant(badTicker()), weight: 1 },
    { arbitrary: fc.boolean().map(invoice), weight: 1 },
    { arbitrary: fc.constant(chain()), weight: 1 },
    {
      arbitrary: fc
        .tuple(fc.array(step, { maxLength: 6 }), fc.option(end, { nil: undefined }))
        .map(([steps, last]) => script(last === undefined ? steps : [...steps, last])),
      weight: 6,
    },
  )
  .map(named);
