import type { Client } from '@temporalio/client';
import { type Payload, type ProtoFailure, type SerializationContext, ValueError } from '@temporalio/common';
import { encodeToPayload } from '@temporalio/common/lib/internal-non-workflow';
import { isObject } from '../a2a/is-object';
import { decidingFailure, type FailureKind, NO_MESSAGE, withCauses, wordsOfKinds } from '../contract/failure';
import { encodingOf, type Reading, readPayload, type Unreadable, valueIn } from '../contract/payload';
import type { PayloadMode } from '../contract/payload-mode';
import { StoredPayloadError } from '../storage/stored-payload';
import { fromStorage, toStorage } from '../storage/references';
import { guardCodecs } from './codecs';
import { payloadModeOf } from './payload-mode';

/** Why a workflow failed. */
export interface FailureReading {
  message: string;
  /** Of an ApplicationFailure. */
  type?: string;
  /** The message is encoded, and cannot be read. */
  unreadable?: Unreadable;
}

/**
 * Reads and writes what Temporal stores, through the data converter that the client was made with. A codec that fails
 * makes every call throw BridgeError UNAVAILABLE, so that nobody takes what it could not decode for what is there.
 */
export class Payloads {
  /** Where what is written goes, which decides what is too large. */
  readonly mode: PayloadMode;
  private readonly converter;
  private readonly namespace: string;

  /** @param payloadCodecs the client's own, guarded */
  constructor(client: Client, payloadCodecs = guardCodecs(client.options.loadedDataConverter.payloadCodecs)) {
    this.namespace = client.options.namespace;
    this.mode = payloadModeOf(client.options.loadedDataConverter);
    this.converter = { ...client.options.loadedDataConverter, payloadCodecs };
  }

  /** Whether what is written goes through a codec, or into external storage. */
  get encodes(): boolean {
    return this.converter.payloadCodecs.length > 0 || this.converter.externalStorage !== undefined;
  }

  /** @param workflowId the workflow that the value is for; some converters and codecs depend on it */
  async encode(value: unknown, workflowId?: string): Promise<Payload> {
    const payload = await encodeToPayload(this.converter, value, this.contextOf(workflowId));
    return toStorage(this.converter.externalStorage, payload, { namespace: this.namespace, workflowId });
  }

  /** @param workflowId the workflow that the payload belongs to */
  async read(payload: Payload | null | undefined, workflowId?: string): Promise<Reading> {
    if (payload === null || payload === undefined) return { kind: 'absent' };
    const { payloadConverter, payloadCodecs } = this.converter;
    const context = this.contextOf(workflowId);
    let decoded: Payload = payload;
    try {
      decoded = await fromStorage(this.converter.externalStorage, payload);
      for (const codec of [...payloadCodecs].reverse()) {
        decoded = (await codec.decode([decoded], context))[0] ?? {};
      }
    } catch (error) {
      const why = error instanceof StoredPayloadError ? 'storage' : 'codec';
      if (why === 'codec' && !(error instanceof ValueError)) throw error;
      return { kind: 'unreadable', encoding: encodingOf(decoded), why };
    }
    return readPayload(decoded, payloadConverter, context);
  }

  /**
   * The message and type of the failure that decides of those in a chain of causes. Their details may be of any
   * encoding, and are left alone.
   */
  async readFailure(failure: ProtoFailure | null | undefined, workflowId: string): Promise<FailureReading> {
    if (failure === null || failure === undefined) return { message: NO_MESSAGE };
    const causeOf = ({ cause }: ProtoFailure) => cause;
    const isApplicationFailure = ({ applicationFailureInfo }: ProtoFailure) =>
      Boolean(applicationFailureInfo);
    const deciding = decidingFailure(failure, isApplicationFailure, causeOf);
    const { applicationFailureInfo, encodedAttributes } = deciding;
    const type = applicationFailureInfo?.type;
    const encoded = await this.read(encodedAttributes, workflowId);
    const attributes = valueIn(encoded);
    const message = isObject(attributes) ? attributes.message : deciding.message;
    const isSaid = typeof message === 'string' && message !== '';
    return {
      message: isSaid ? message.toWellFormed() : wordsOfKinds(withCauses(failure, causeOf).map(kindOf)),
      ...(type && { type }),
      ...(encoded.kind === 'unreadable' && { unreadable: encoded }),
    };
  }

  private contextOf(workflowId: string | undefined): SerializationContext | undefined {
    return workflowId === undefined ? undefined : { type: 'workflow', namespace: this.namespace, workflowId };
  }
}

function kindOf({
  canceledFailureInfo,
  timeoutFailureInfo,
  terminatedFailureInfo,
  childWorkflowExecutionFailureInfo: child,
  activityFailureInfo: activity,
  nexusOperationExecutionFailureInfo: nexus,
}: ProtoFailure): FailureKind {
  if (canceledFailureInfo) return { end: 'was canceled' };
  if (timeoutFailureInfo) return { end: 'timed out' };
  if (terminatedFailureInfo) return { end: 'was terminated' };
  if (child) return { of: `child workflow ${child.workflowType?.name}` };
  if (activity) return { of: `activity ${activity.activityType?.name}` };
  if (nexus) return { of: `Nexus operation ${nexus.operation}` };
  return {};
}
