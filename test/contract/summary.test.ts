import type { Message, Part } from '../../src/a2a/types';
import { bareUrl, firstWords, pushSummary, summaryOf, taskSummary } from '../../src/contract/summary';

const message = (...parts: Part[]): Message => ({ messageId: 'm', role: 'ROLE_USER', parts });
const start = (...parts: Part[]) => ({
  task: { id: 't', contextId: 'c' },
  agentId: 'billing',
  message: message(...parts),
});

it('makes a short line of any text', () => {
  expect(summaryOf(' a\n\tb  c ')).toBe('a b c');
  expect(summaryOf('x'.repeat(1_000_000))).toBe(`${'x'.repeat(99)}…`);
  // No half characters, and no more bytes than Temporal allows.
  const flags = summaryOf('🏴'.repeat(200));
  expect(flags).toBe(`${'🏴'.repeat(99)}…`);
  expect(Buffer.byteLength(flags)).toBeLessThan(400);
});

it('leaves nothing that a UI would load or link to', () => {
  const text = summaryOf('![x](https://evil.example/a.png) <img src=x> [a](b)');
  expect(text).not.toMatch(/\]\(|[<>]/);
});

it('takes the first words of a message, without what may be secret', () => {
  expect(firstWords(message({ text: 'Pay invoice 17,' }, { data: { a: 1 } }, { text: 'please' }))).toBe(
    'Pay invoice 17, please',
  );
  const key = `sk-${'a1B2'.repeat(12)}`;
  expect(firstWords(message({ text: `my key is ${key}, use it` }))).toBe('my key is … use it');
  expect(firstWords(message({ text: '汉'.repeat(50) }))).toBe('汉'.repeat(50));
});

it('tells of a task by its agent, owner and first words', () => {
  expect(taskSummary(start({ text: 'Pay invoice 17' }), 'anna')).toEqual({
    staticSummary: 'billing: Pay invoice 17',
    staticDetails: '- agent: **billing**\n- owner: anna\n- context: c\n- message: Pay invoice 17',
  });
  expect(taskSummary(start({ data: { secret: 1 } }, { url: 'https://x' }), 'anna', 'pay')).toEqual({
    staticSummary: 'pay: billing (data, file)',
    staticDetails: '- agent: **billing**\n- owner: anna\n- context: c\n- step: pay\n- message: data, file',
  });
  expect(pushSummary('t', 'billing', 'anna')).toEqual({
    staticSummary: 'Push notifications of task t',
    staticDetails: '- agent: **billing**\n- owner: anna\n- task: t',
  });
});

it('shows of a URL what tells where it leads, and nothing that lets one in', () => {
  expect(bareUrl('https://me:secret@example.com/agent?key=1#x')).toBe('https://example.com/agent');
  expect(bareUrl('http://example.com')).toBe('http://example.com');
});
