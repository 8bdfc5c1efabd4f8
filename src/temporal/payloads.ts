import type { Client } from '@temporalio/client';
import type { Payload, ProtoFailure } from '@temporalio/common';
import {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
  encodeToPayload,
} from '@temporalio/common/lib/internal-non-workflow';

/** Reads and writes what Temporal stores, through the data converter that the client was made with. */
export class Payloads {
  private readonly converter;

  constructor(client: Client) {
    this.converter = client.options.loadedDataConverter;
  }

  encode(value: unknown): Promise<Payload> {
    return encodeToPayload(this.converter, value);
  }

  /** Undefined when there is no payload, or when it cannot be read. */
  async decode(payload: Payload | null | undefined): Promise<unknown> {
    if (payload === null || payload === undefined) return undefined;
    try {
      return await decodeFromPayloadsAtIndex<unknown>(this.converter, 0, [payload]);
    } catch {
      // Somebody else's encoding: as good as absent, since what we need is never in it.
      return undefined;
    }
  }

  /** The error that a failure stands for, with its causes. */
  async decodeFailure(failure: ProtoFailure | null | undefined): Promise<Error | undefined> {
    return decodeOptionalFailureToOptionalError(this.converter, failure);
  }
}
