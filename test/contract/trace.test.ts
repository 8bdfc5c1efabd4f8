import { readTraceFields, readTraceparent, writeTraceparent } from '../../src/contract/trace';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

it.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [` 00-${TRACE}-${SPAN}-03 `, 3],
  // A later version may say more.
  [`cc-${TRACE}-${SPAN}-01-more`, 1],
])('traceparent %j is read', (text, flags) => {
  const parent = readTraceparent(text);
  expect(parent).toEqual({ traceId: TRACE, spanId: SPAN, flags });
  expect(parent && writeTraceparent(parent)).toBe(`00-${TRACE}-${SPAN}-0${flags}`);
});

it.each([
  '',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-1`,
])('traceparent %j is as if there were none', (text) => {
  expect(readTraceparent(text)).toBeUndefined();
  expect(readTraceFields(() => text)).toBeUndefined();
});

it('hands on a tracestate that is not too long', () => {
  const read = (tracestate: string) =>
    readTraceFields((name) => ({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })[name]);
  expect(read('a=1,b=2')).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1,b=2' });
  expect(read('x'.repeat(600))).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01` });
});
