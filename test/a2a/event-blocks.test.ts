import { EventBlocks } from '../../src/a2a/event-blocks';

it.each(['\n', '\r\n', '\r'])('cuts events however their text comes, with lines that end in %j', (end) => {
  const text = `id: 1${end}data: a${end}${end}: alive${end}${end}data: b${end}data: c${end}${end}data: d`;
  const whole = [`id: 1${end}data: a`, ': alive', `data: b${end}data: c`];
  for (let size = 1; size <= text.length; size++) {
    const blocks = new EventBlocks();
    const found: string[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...blocks.add(text.slice(at, at + size)));
    expect([size, found, blocks.rest]).toEqual([size, whole, 'data: d']);
  }
});

it('takes the time that the text takes, also for one long event', () => {
  const blocks = new EventBlocks();
  for (let piece = 0; piece < 20_000; piece++) blocks.add('a'.repeat(100));
  expect(blocks.add('\n\n')).toEqual(['a'.repeat(2_000_000)]);
});
