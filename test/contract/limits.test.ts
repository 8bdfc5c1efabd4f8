import fc from 'fast-check';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../../src/contract/limits';
import { assertPayloadFits } from '../../src/contract/payload-limit';

describe('payloadBytes', () => {
  it('counts the bytes of the JSON in UTF-8, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })),
        (value) => {
          expect(payloadBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value), 'utf8'));
        },
      ),
    );
  });

  it.each(['', 'a', 'é', '€', '😀', '\ud800', '"\\\n', 'a\u0000b'])('counts %j', (text) => {
    expect(payloadBytes({ text })).toBe(Buffer.byteLength(JSON.stringify({ text }), 'utf8'));
  });
});

describe('assertPayloadFits', () => {
  it('takes what just fits, and ends the task over what does not', () => {
    const fits = 'x'.repeat(MAX_PAYLOAD_BYTES - 2);
    expect(() => assertPayloadFits(fits, 'it')).not.toThrow();
    expect(() => assertPayloadFits(`${fits}x`, 'it')).toThrow(
      expect.objectContaining({
        nonRetryable: true,
        type: 'A2A_PAYLOAD_TOO_LARGE',
        message: `it is ${MAX_PAYLOAD_BYTES + 1} bytes of JSON; the limit is ${MAX_PAYLOAD_BYTES} bytes (Temporal's payload limit of 2 MB)`,
      }),
    );
  });
});
