import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { readPayload } from '../../src/contract/payload';
import { json } from '../support/raw-worker';

const { Payload } = temporal.api.common.v1;

it('a payload without a byte, as protobuf gives it, is no JSON', () => {
  const empty = Payload.decode(Payload.encode({ ...json(null), data: new Uint8Array() }).finish());
  expect(readPayload(empty, defaultPayloadConverter)).toEqual({
    kind: 'unreadable',
    encoding: 'json/plain',
    why: 'not-json',
  });
});
