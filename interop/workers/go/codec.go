package main

import (
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const shiftedEncoding = "binary/shifted"

// shiftCodec stands for encryption: each byte of a payload is one more than it was.
type shiftCodec struct{}

func (shiftCodec) Encode(payloads []*common.Payload) ([]*common.Payload, error) {
	return each(payloads, func(payload *common.Payload) (*common.Payload, error) {
		data, err := proto.Marshal(payload)
		if err != nil {
			return nil, err
		}
		metadata := map[string][]byte{converter.MetadataEncoding: []byte(shiftedEncoding)}
		return &common.Payload{Metadata: metadata, Data: shifted(data, 1)}, nil
	})
}

func (shiftCodec) Decode(payloads []*common.Payload) ([]*common.Payload, error) {
	return each(payloads, func(payload *common.Payload) (*common.Payload, error) {
		if string(payload.Metadata[converter.MetadataEncoding]) != shiftedEncoding {
			return payload, nil
		}
		decoded := &common.Payload{}
		return decoded, proto.Unmarshal(shifted(payload.Data, 255), decoded)
	})
}

func each(
	payloads []*common.Payload,
	change func(*common.Payload) (*common.Payload, error),
) ([]*common.Payload, error) {
	changed := make([]*common.Payload, len(payloads))
	for i, payload := range payloads {
		var err error
		if changed[i], err = change(payload); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

func shifted(data []byte, by byte) []byte {
	moved := make([]byte, len(data))
	for i, value := range data {
		moved[i] = value + by
	}
	return moved
}
