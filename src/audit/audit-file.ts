import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type Meter, NO_METER } from '../metrics/meter';
import type { AuditRecord } from './audit';

/** How often it is looked whether the file was moved away, in ms. */
const LOOK_MS = 1_000;

/** How often it is logged that the file cannot be written, in ms. */
const TOLD_MS = 60_000;

/** Lines that wait for the disk; those beyond are lost. */
const MOST_WAITING = 10_000;

/** Options of {@link AuditFile}. */
export interface AuditFileOptions {
  logger: Pick<Logger, 'error'>;
  metrics?: Meter | undefined;
  lookMs?: number;
  toldMs?: number;
}

/**
 * A file to which audit records are appended, each a line of JSON and one write, so that several processes may have the
 * same file. When the file is moved away or removed, another one is made within a second. Lines that cannot be written
 * are lost and counted.
 */
export class AuditFile {
  private file: { handle: FileHandle; id: string } | undefined;
  private lookedAt = 0;
  private toldAt = Number.NEGATIVE_INFINITY;
  /** A line that was written in part. */
  private torn = false;
  private waiting: string[] = [];
  private writing: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly options: AuditFileOptions,
  ) {}

  /** @throws the error of the system when the file cannot be opened */
  async open(): Promise<void> {
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
    const handle = await open(this.path, flags, 0o600);
    const { dev, ino } = await handle.stat();
    this.file = { handle, id: `${dev}:${ino}` };
    this.lookedAt = Date.now();
  }

  /** Returns at once. */
  write(record: AuditRecord): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.lose(new Error('the disk is too slow'));
      return;
    }
    this.waiting.push(`${JSON.stringify(record)}\n`);
    this.writing ??= this.writeAll();
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.file?.handle.close();
    this.file = undefined;
  }

  private async writeAll(): Promise<void> {
    for (let lines = this.take(); lines.length > 0; lines = this.take()) {
      for (const line of lines) await this.append(line).catch((error: unknown) => this.lose(error));
    }
    this.writing = undefined;
  }

  private take(): string[] {
    return this.waiting.splice(0);
  }

  private async append(line: string): Promise<void> {
    const handle = await this.current();
    const bytes = Buffer.from(this.torn ? `\n${line}` : line);
    const { bytesWritten } = await handle.write(bytes);
    this.torn = bytesWritten < bytes.length;
    if (this.torn) throw new Error('a line was written in part');
  }

  /** The file that is at the path now. */
  private async current(): Promise<FileHandle> {
    const { lookMs = LOOK_MS } = this.options;
    if (this.file !== undefined && Date.now() - this.lookedAt >= lookMs) {
      this.lookedAt = Date.now();
      const now = await stat(this.path).catch(() => undefined);
      if (now === undefined || `${now.dev}:${now.ino}` !== this.file.id) {
        const { handle } = this.file;
        this.file = undefined;
        this.torn = false;
        await handle.close();
      }
    }
    if (this.file === undefined) await this.open();
    if (this.file === undefined) throw new Error('the file is not open');
    return this.file.handle;
  }

  private lose(error: unknown): void {
    const { logger, metrics = NO_METER, toldMs = TOLD_MS } = this.options;
    metrics.add('a2a_audit_lines_lost_total', {});
    if (performance.now() - this.toldAt < toldMs) return;
    this.toldAt = performance.now();
    logger.error({ err: error }, `audit lines are lost: ${this.path} cannot be written`);
  }
}
