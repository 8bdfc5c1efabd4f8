import {
  CompositePayloadConverter,
  type Payload,
  type PayloadConverterWithEncoding,
  UndefinedPayloadConverter,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';

/** Writes JSON as nobody else does, with a mark before it, and reads nothing else. */
class MarkedConverter implements PayloadConverterWithEncoding {
  readonly encodingType = 'text/marked';

  toPayload(value: unknown): Payload | undefined {
    if (value === undefined) return undefined;
    return {
      metadata: { encoding: encode(this.encodingType) },
      data: encode(`marked:${JSON.stringify(value)}`),
    };
  }

  fromPayload<T>(payload: Payload): T {
    const text = decode(payload.data ?? new Uint8Array());
    if (!text.startsWith('marked:')) throw new TypeError('not marked');
    return JSON.parse(text.slice('marked:'.length)) as T;
  }
}

export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new MarkedConverter(),
);
