const { temporal } = require('@temporalio/proto');

const { Payload } = temporal.api.common.v1;
const ENCODING = 'binary/xor';

/** Stands for a codec that encrypts. */
const codec = {
  async encode(payloads) {
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(ENCODING) },
      data: Payload.encode(payload)
        .finish()
        .map((byte) => byte ^ 0x5a),
    }));
  },
  async decode(payloads) {
    return payloads.map((payload) => {
      if (Buffer.from(payload.metadata?.encoding ?? '').toString() !== ENCODING) return payload;
      const { metadata, data } = Payload.decode(payload.data.map((byte) => byte ^ 0x5a));
      return { metadata, data };
    });
  },
};

exports.dataConverter = {
  payloadCodecs: [codec],
  payloadConverterPath: require.resolve('./payload-converter.cjs'),
};
