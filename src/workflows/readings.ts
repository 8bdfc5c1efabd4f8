import {
  type ConverterHint,
  type FailureConverter,
  NexusOperationFailure,
  type Payload,
  type PayloadConverter,
  RawValue,
  rawValueTypeInfo,
  type SerializationContext,
  TemporalFailure,
} from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes';
import { decidingFailure, type FailureKind, withCauses, wordsOfKinds } from '../contract/failure';
import { type Reading, readPayload, unreadableText, valueIn } from '../contract/payload';

/**
 * What other workflows have written, read inside of a workflow. The SDK decodes by itself, and one payload that it
 * cannot decode makes the workflow task fail, for ever: so it is asked for the payloads as they are.
 */

/** Of child workflows: the result is handed over as it is, for {@link readRaw}. */
export const rawResult = { outputType: rawValueTypeInfo };

/** Of signals with one argument: it is handed over as it is, for {@link readRaw}. */
export const rawArgument = { inputTypes: [rawValueTypeInfo] };

/** @param workflowId the workflow that has it as its argument or result; this one unless set */
export function readRaw(raw: unknown, workflowId?: string): Reading {
  if (!(raw instanceof RawValue)) return { kind: 'absent' };
  const { payloadConverter, info } = getActivator();
  const { namespace } = info;
  const context = { type: 'workflow', namespace, workflowId: workflowId ?? info.workflowId } as const;
  return readPayload(raw.payload, payloadConverter, context);
}

/** Message and type of the failure that decides of an error and its causes. */
export function readError(error: Error): { message: string; type?: string } {
  const deciding = decidingFailure<Error>(error, (each) => each instanceof ApplicationFailure, causeOf);
  const type = deciding instanceof ApplicationFailure ? deciding.type : undefined;
  const encoded = deciding instanceof TemporalFailure ? deciding.failure?.encodedAttributes : undefined;
  const attributes = readPayload(encoded, getActivator().payloadConverter);
  const message =
    attributes.kind === 'unreadable'
      ? unreadableText('The failure of the workflow', attributes, 'worker')
      : deciding.message || wordsOfKinds(withCauses(error, causeOf).map(kindOf));
  return { message, ...(type && { type }) };
}

function causeOf({ cause }: Error): Error | undefined {
  return cause instanceof Error ? cause : undefined;
}

/** What the type of an error tells. */
export function kindOf(error: Error): FailureKind {
  if (error instanceof CancelledFailure) return { end: 'was canceled' };
  if (error instanceof TimeoutFailure) return { end: 'timed out' };
  if (error instanceof TerminatedFailure) return { end: 'was terminated' };
  if (error instanceof ChildWorkflowFailure) return { of: `child workflow ${error.workflowType}` };
  if (error instanceof ActivityFailure) return { of: `activity ${error.activityType}` };
  if (error instanceof NexusOperationFailure) return { of: `Nexus operation ${error.operation}` };
  return {};
}

/**
 * From now on this workflow takes failures whose details it cannot decode: such a detail is undefined. Without it, a
 * child workflow of another language could make the workflow task fail for ever.
 */
export function tolerateUnreadableDetails(): void {
  const activator = getActivator();
  if (activator.failureConverter instanceof TolerantFailureConverter) return;
  activator.failureConverter = new TolerantFailureConverter(activator.failureConverter);
}

class TolerantFailureConverter implements FailureConverter {
  constructor(private readonly converter: FailureConverter) {}

  failureToError: FailureConverter['failureToError'] = (failure, payloads, context) =>
    this.converter.failureToError(failure, new TolerantPayloadConverter(payloads), context);

  errorToFailure: FailureConverter['errorToFailure'] = (error, payloads, context) =>
    this.converter.errorToFailure(error, payloads, context);
}

class TolerantPayloadConverter implements PayloadConverter {
  constructor(private readonly converter: PayloadConverter) {}

  toPayload: PayloadConverter['toPayload'] = (...args) => this.converter.toPayload(...args);

  fromPayload<T>(payload: Payload, context?: SerializationContext, hint?: ConverterHint<T>): T {
    try {
      return this.converter.fromPayload<T>(payload, context, hint);
    } catch {
      return valueIn(readPayload(payload, this.converter)) as T;
    }
  }
}
