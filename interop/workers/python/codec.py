"""Stands for encryption: each byte of a payload is one more than it was."""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b'binary/shifted'


class ShiftCodec(PayloadCodec):
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload(metadata={'encoding': ENCODING}, data=shifted(payload.SerializeToString(), 1))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload.FromString(shifted(payload.data, -1))
            if payload.metadata.get('encoding') == ENCODING
            else payload
            for payload in payloads
        ]


def shifted(data: bytes, by: int) -> bytes:
    return bytes((byte + by) % 256 for byte in data)
