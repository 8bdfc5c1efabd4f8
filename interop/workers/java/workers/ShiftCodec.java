package workers;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.temporal.api.common.v1.Payload;
import io.temporal.payload.codec.PayloadCodec;
import io.temporal.payload.codec.PayloadCodecException;
import java.util.List;

/** Stands for encryption: each byte of a payload is one more than it was. */
final class ShiftCodec implements PayloadCodec {
  private static final ByteString ENCODING = ByteString.copyFromUtf8("binary/shifted");

  @Override
  public List<Payload> encode(List<Payload> payloads) {
    return payloads.stream()
        .map(
            payload ->
                Payload.newBuilder()
                    .putMetadata("encoding", ENCODING)
                    .setData(shifted(payload.toByteString(), 1))
                    .build())
        .toList();
  }

  @Override
  public List<Payload> decode(List<Payload> payloads) {
    return payloads.stream().map(ShiftCodec::decoded).toList();
  }

  private static Payload decoded(Payload payload) {
    if (!ENCODING.equals(payload.getMetadataMap().get("encoding"))) return payload;
    try {
      return Payload.parseFrom(shifted(payload.getData(), -1));
    } catch (InvalidProtocolBufferException broken) {
      throw new PayloadCodecException(broken);
    }
  }

  private static ByteString shifted(ByteString data, int by) {
    byte[] bytes = data.toByteArray();
    for (int i = 0; i < bytes.length; i++) bytes[i] += by;
    return ByteString.copyFrom(bytes);
  }
}
