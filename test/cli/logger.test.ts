import { formatLine } from '../../src/cli/logger';

const time = Date.now();
const clock = new Date(time).toTimeString().slice(0, 8);

it('makes a readable line of a log record, with the stack only for those who look for it', () => {
  const err = { message: 'no route', stack: 'Error: no route\n    at there' };
  const json = JSON.stringify({ level: 40, time, msg: 'not sent', agent: 'echo', text: 'a b', err });
  expect(formatLine(json, false)).toBe(`${clock} WARN  not sent: no route agent=echo text="a b"`);
  expect(formatLine(json, true)).toMatch(/at there$/);
});

it('tells the words of the line once when the error begins with them, and then its cause', () => {
  const err = { message: 'cannot be read: no such key' };
  const json = JSON.stringify({ level: 40, time, msg: 'cannot be read', err });
  expect(formatLine(json, false)).toBe(`${clock} WARN  cannot be read: no such key`);
});

it('tells the agent and the outcome first, and IDs that are only searched for last', () => {
  const fields = { requestId: 'r', trace_id: 't', span_id: 's', taskId: '1', outcome: 'OK', agent: 'echo' };
  const json = JSON.stringify({ level: 30, time, ...fields, msg: 'request' });
  expect(formatLine(json, false)).toBe(
    `${clock} INFO  request agent=echo outcome=OK taskId=1 requestId=r trace_id=t span_id=s`,
  );
});
