import { type DownloadProgress, formatProgress, type Waiting } from './download';

const WIDTH = 30;
const DRAW_MS = 100;

/** For `onDownload`: a bar on a terminal, undefined when the stream is none. */
export function progressBar(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Waiting['onDownload'] {
  if (!stream.isTTY) return undefined;
  let drawn: number | undefined;
  return (progress) => {
    if (progress === undefined) {
      if (drawn !== undefined) stream.write('\r\x1b[K');
      drawn = undefined;
    } else if (drawn === undefined || Date.now() - drawn >= DRAW_MS) {
      drawn = Date.now();
      stream.write(`\r\x1b[K${bar(progress)}`);
    }
  };
}

function bar(progress: DownloadProgress): string {
  const { received, total } = progress;
  if (total === undefined) return formatProgress(progress);
  const full = Math.min(WIDTH, Math.floor((received / total) * WIDTH));
  return `[${'='.repeat(full)}${' '.repeat(WIDTH - full)}] ${formatProgress(progress)}`;
}
