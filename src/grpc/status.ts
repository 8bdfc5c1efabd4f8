import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { WireError } from '../api/error-table';

/** An error as grpc-js takes it. */
export type GrpcError = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

/** Trailers are headers of HTTP/2, which clients limit to 8 or 16 KiB together. */
const MAX_MESSAGE_LENGTH = 2_000;
const MAX_VIOLATIONS = 10;

const STATUS_DETAILS = 'grpc-status-details-bin';

/** An error with `google.rpc.ErrorInfo`, `BadRequest` and `RetryInfo` in its trailers (specification section 10.6). */
export function toGrpcError(error: WireError): GrpcError {
  const code = status[error.grpcStatus as keyof typeof status];
  const details = shorten(error.message);
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS, Buffer.from(encodeStatus(code, details, error)));
  const challenge = error.headers['WWW-Authenticate'];
  if (challenge !== undefined) metadata.set('www-authenticate', challenge);
  return { code, details, metadata };
}

/** A longer text than fits in a header, or one with half a character in it, would cost the client the whole error. */
function shorten(text: string): string {
  const whole = text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
  return Buffer.from(whole).toString();
}

/** `google.rpc.Status` */
function encodeStatus(code: number, message: string, error: WireError): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, WireType.Varint)).int32(code);
  text(writer, 2, message);
  for (const [type, value] of encodeDetails(error)) {
    const any = new BinaryWriter();
    text(any, 1, `type.googleapis.com/google.rpc.${type}`);
    bytes(any, 2, value);
    bytes(writer, 3, any);
  }
  return writer.finish();
}

function encodeDetails(error: WireError): [type: string, value: BinaryWriter][] {
  const details: [string, BinaryWriter][] = [];
  if (error.violations.length > 0) details.push(['BadRequest', badRequest(error)]);
  details.push(['ErrorInfo', errorInfo(error)]);
  const retryAfter = Number(error.headers['Retry-After']);
  if (retryAfter > 0) details.push(['RetryInfo', retryInfo(retryAfter)]);
  return details;
}

function badRequest({ violations }: WireError): BinaryWriter {
  const writer = new BinaryWriter();
  for (const { field, description } of violations.slice(0, MAX_VIOLATIONS)) {
    const violation = new BinaryWriter();
    text(violation, 1, field.slice(0, 200));
    text(violation, 2, description.slice(0, 400));
    bytes(writer, 1, violation);
  }
  return writer;
}

function errorInfo({ reason, metadata }: WireError): BinaryWriter {
  const writer = new BinaryWriter();
  text(writer, 1, reason);
  text(writer, 2, 'a2a-protocol.org');
  for (const [key, value] of Object.entries(metadata)) {
    const entry = new BinaryWriter();
    text(entry, 1, key);
    text(entry, 2, value.slice(0, 400));
    bytes(writer, 3, entry);
  }
  return writer;
}

function retryInfo(seconds: number): BinaryWriter {
  const duration = new BinaryWriter();
  duration.uint32(tag(1, WireType.Varint)).int64(seconds);
  const writer = new BinaryWriter();
  bytes(writer, 1, duration);
  return writer;
}

function tag(field: number, type: WireType): number {
  return (field << 3) | type;
}

function text(writer: BinaryWriter, field: number, value: string): void {
  // The writer throws at half a character.
  writer.uint32(tag(field, WireType.LengthDelimited)).bytes(Buffer.from(value));
}

function bytes(writer: BinaryWriter, field: number, value: BinaryWriter): void {
  writer.uint32(tag(field, WireType.LengthDelimited)).bytes(value.finish());
}
