const { CompositePayloadConverter, UndefinedPayloadConverter } = require('@temporalio/common');
const { decode, encode } = require('@temporalio/common/lib/encoding');

/** Writes JSON as nobody else does, with a mark before it, and reads nothing else. */
class MarkedConverter {
  encodingType = 'text/marked';

  toPayload(value) {
    if (value === undefined) return undefined;
    return {
      metadata: { encoding: encode(this.encodingType) },
      data: encode(`marked:${JSON.stringify(value)}`),
    };
  }

  fromPayload({ data }) {
    return JSON.parse(decode(data).slice('marked:'.length));
  }
}

exports.payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new MarkedConverter(),
);
