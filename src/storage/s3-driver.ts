import type { S3Client } from '@aws-sdk/client-s3';
import {
  type Payload,
  type StorageDriver,
  StorageDriverClaim,
  type StorageDriverStoreContext,
  type StorageDriverTargetInfo,
} from '@temporalio/common';
import { isObject } from '../a2a/is-object';
import { fromStored, hashClaim, StoredPayloadError, toStored } from './stored-payload';

type S3 = typeof import('@aws-sdk/client-s3');

/** Longest key of S3, in bytes. */
const MAX_KEY = 1024;

/** Where an {@link S3Driver} stores payloads. */
export interface S3DriverOptions {
  /** Name of the bucket; no other is read. */
  bucket: string;
  /** Of all keys, without a slash at its end. */
  prefix?: string;
  /** An `S3ClientConfig`, beside what the AWS SDK finds in environment, files and instance metadata. */
  client?: object;
  /** By which references name the driver; `aws.s3driver` unless set, as Temporal's own drivers have it. */
  name?: string;
}

/**
 * Stores payloads in S3, or in what speaks its protocol, with keys and claims that Temporal's S3 drivers for TypeScript and
 * Python read, and reads theirs. Needs the package `@aws-sdk/client-s3`.
 */
export class S3Driver implements StorageDriver {
  readonly type = 'aws.s3driver';
  readonly name: string;
  private connected: Promise<{ s3: S3; client: S3Client }> | undefined;

  constructor(private readonly options: S3DriverOptions) {
    this.name = options.name ?? this.type;
  }

  /** @throws Error when the bucket cannot be reached, or the AWS SDK is not installed */
  async check(): Promise<void> {
    const { s3, client } = await this.connect();
    const { bucket } = this.options;
    try {
      await client.send(new s3.HeadBucketCommand({ Bucket: bucket }));
    } catch (error) {
      // Who may read and write objects need not be allowed to ask about the bucket.
      if (isObject(error) && isObject(error.$metadata) && error.$metadata.httpStatusCode === 403) return;
      throw new Error(`the bucket ${bucket} cannot be reached: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async store(
    { target, abortSignal }: StorageDriverStoreContext,
    payloads: Payload[],
  ): Promise<StorageDriverClaim[]> {
    const { s3, client } = await this.connect();
    const { bucket } = this.options;
    return Promise.all(
      payloads.map(async (payload) => {
        const { bytes, hash } = toStored(payload);
        const key = this.keyOf(target, hash);
        // Also when it is there: a lifecycle rule counts from the last time.
        const put = new s3.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes });
        await client.send(put, { ...(abortSignal && { abortSignal }) });
        return new StorageDriverClaim({ bucket, key, ...hashClaim(hash) });
      }),
    );
  }

  async retrieve(
    { abortSignal }: { abortSignal?: AbortSignal },
    claims: StorageDriverClaim[],
  ): Promise<Payload[]> {
    const { s3, client } = await this.connect();
    return Promise.all(
      claims.map(async ({ claimData }) => {
        const { bucket = '', key = '' } = claimData;
        const where = `s3://${bucket}/${key}`;
        // A history names it; what else these credentials may read is not for its readers.
        if (bucket !== this.options.bucket) {
          throw new StoredPayloadError(
            `${where} is not in the bucket of the payload storage, ${this.options.bucket}`,
          );
        }
        try {
          const get = new s3.GetObjectCommand({ Bucket: bucket, Key: key });
          const { Body } = await client.send(get, { ...(abortSignal && { abortSignal }) });
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
          return fromStored(bytes, claimData, where);
        } catch (error) {
          if (!(error instanceof s3.NoSuchKey)) throw error;
          throw new StoredPayloadError(`${where} is not there any more`, { cause: error });
        }
      }),
    );
  }

  /** @throws Error that says how to install the AWS SDK */
  private connect(): Promise<{ s3: S3; client: S3Client }> {
    this.connected ??= this.load();
    return this.connected;
  }

  private async load(): Promise<{ s3: S3; client: S3Client }> {
    let s3: S3;
    try {
      s3 = await import('@aws-sdk/client-s3');
    } catch (cause) {
      throw new Error('payloads in S3 need the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3', {
        cause,
      });
    }
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    return {
      s3,
      client: new s3.S3Client({
        // What speaks the protocol of S3 seldom has a host name for each bucket, or checksums of its own.
        ...((AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL) && { forcePathStyle: true }),
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        ...this.options.client,
      }),
    };
  }

  private keyOf(target: StorageDriverTargetInfo | undefined, hash: string): string {
    const { prefix } = this.options;
    const digest = `d/sha256/${hash}`;
    const namespace = target && `ns/${encoded(target.namespace)}`;
    const of =
      target?.kind === 'workflow'
        ? `wt/${encoded(target.type)}/wi/${encoded(target.id)}/ri/${encoded(target.runId)}`
        : target && `at/${encoded(target.type)}/ai/${encoded(target.id)}/ri/${encoded(target.runId)}`;
    const join = (parts: (string | undefined)[]) =>
      [prefix || undefined, 'v0', ...parts, digest].filter(Boolean).join('/');
    const key = join([namespace, of]);
    return key.length <= MAX_KEY ? key : join([namespace]);
  }
}

/** Letters that are safe in S3, and `%XX` for the bytes of all others. */
function encoded(text: string | undefined): string {
  if (!text) return 'null';
  return encodeURIComponent(text).replace(/~/g, '%7E');
}
