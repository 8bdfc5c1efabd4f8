import fc from 'fast-check';
import { toKeyword } from '../../src/contract/keyword';

describe('toKeyword', () => {
  it.each([
    '',
    '0b6c0f9e-6a3c-4a52-9c0b-2f1d7f6e9a55',
    'anna@example.com',
    'https://id.example/7',
    'Zoë',
    '会議',
  ])('leaves %j as it is', (text) => expect(toKeyword(text)).toBe(text));

  it.each([
    ["it's", 'it%27s'],
    ['100%', '100%25'],
    ['a b', 'a%20b'],
    ['(x)*!', '%28x%29%2A%21'],
    ['\\"', '%5C%22'],
    ['\ud800', '%EF%BF%BD'],
  ])('encodes %j as %j', (text, keyword) => expect(toKeyword(text)).toBe(keyword));

  it('holds no more than a column, and nothing that a query could mistake', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(toKeyword(text)).toMatch(/^[\p{L}\p{N}._~:@/+=%-]{0,255}$/u);
        expect(toKeyword(text).length).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('tells texts apart', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', "'", '%', '27', ' ', '😀'), maxLength: 6 }),
      fc.string({ unit: 'grapheme', minLength: 250, maxLength: 260 }),
    );
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(toKeyword(one) === toKeyword(other)).toBe(one === other);
      }),
    );
    expect(toKeyword(`${'x'.repeat(300)}a`)).not.toBe(toKeyword(`${'x'.repeat(300)}b`));
  });
});
