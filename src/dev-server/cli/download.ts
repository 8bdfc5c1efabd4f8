import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Where a download stands. */
export interface DownloadProgress {
  /** Bytes so far. */
  received: number;
  /** Bytes in all, when that is known. */
  total?: number | undefined;
}

/** Progress of a download or a build, and how to abort it. */
export interface Waiting {
  /** Gets a line when something begins or has failed, and now and then while it lasts. */
  onProgress?: ((line: string) => void) | undefined;
  /**
   * Gets every step of a download, and undefined when it has ended. Without it, `onProgress` gets a line every
   * 5 s.
   */
  onDownload?: ((progress: DownloadProgress | undefined) => void) | undefined;
  /** Milliseconds without a byte after which a download is given up; 15,000 unless set. */
  downloadTimeoutMs?: number;
  /** Gives it up. */
  signal?: AbortSignal;
}

const LINE_MS = 5_000;

/** Runs a download and passes on how far it is. */
export async function withProgress<T>(
  { onProgress, onDownload }: Waiting,
  run: (report: (progress: DownloadProgress) => void) => Promise<T>,
): Promise<T> {
  let said = Date.now();
  const lines = (progress: DownloadProgress) => {
    if (Date.now() - said < LINE_MS) return;
    said = Date.now();
    onProgress?.(`downloading the Temporal CLI ... ${formatProgress(progress)}`);
  };
  try {
    return await run(onDownload ?? lines);
  } finally {
    onDownload?.(undefined);
  }
}

/** As in "12 MB of 44 MB". */
export function formatProgress({ received, total }: DownloadProgress): string {
  return total === undefined ? megabytes(received) : `${megabytes(received)} of ${megabytes(total)}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

/** @throws an Error that says what the server answered, or that nothing came for too long */
export async function download(url: string, file: string, waiting: Waiting): Promise<void> {
  const { downloadTimeoutMs = 15_000, signal } = waiting;
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error(`nothing came for ${downloadTimeoutMs / 1000} s`));
  const timer = setTimeout(giveUp, downloadTimeoutMs);
  const either = signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]);
  try {
    const response = await fetch(url, { signal: either });
    const { body } = response;
    if (!response.ok || body === null) throw new Error(`${url} answered ${response.status}`);
    const total = Number(response.headers.get('content-length')) || undefined;
    await withProgress(waiting, (report) => {
      let received = 0;
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          timer.refresh();
          received += chunk.length;
          report({ received, total });
          done(null, chunk);
        },
      });
      return pipeline(Readable.fromWeb(body), count, createWriteStream(file), { signal: either });
    });
  } catch (error) {
    throw either.aborted ? either.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
