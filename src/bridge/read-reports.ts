import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { EncryptionKeyError } from '../contract/encryption-keys';
import { CodecUnavailable } from '../temporal/codecs';

/** Reports that are remembered, so as not to be made again. */
const REMEMBERED = 10_000;

/** Time in ms in which the failures of a codec are told once. */
const CODEC_SILENCE_MS = 30_000;

/** Tells operators what could not be read of workflows, without filling their log with it. */
export class ReadReports {
  private readonly told = new LRUCache<string, true>({ max: REMEMBERED });
  private codecSilentUntil = 0;

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  /** Once for each agent, since its tasks are alike. */
  unreadable({ agentId, taskId }: { agentId: string; taskId: string }, text: string): void {
    if (this.isTold(`${agentId}\n${text}`)) return;
    this.logger.warn({ agent: agentId, task: taskId }, text);
  }

  /** Once for each field of a task, wherever it stands in a list; the field says whose it is, as in `result.status.state`. */
  leftOut({ agentId, taskId }: { agentId: string; taskId: string }, field: string, problem: string): void {
    if (this.isTold(`${taskId}\n${field.replaceAll(/\[\d+\]/g, '[]')}`)) return;
    this.logger.warn({ agent: agentId, task: taskId, field }, `${field} ${problem}; it is left out`);
  }

  /** Push notification configs that cannot be opened: once for each key that they were sealed with. */
  sealed(error: EncryptionKeyError): void {
    if (this.isTold(`sealed\n${error.keyId}`)) return;
    this.logger.warn(
      { sealingKey: error.keyId },
      `push notification configs cannot be opened (PUSH_SEALING_KEYS): ${error.message}`,
    );
  }

  codecFailed(error: unknown): void {
    if (Date.now() < this.codecSilentUntil) return;
    this.codecSilentUntil = Date.now() + CODEC_SILENCE_MS;
    this.logger.warn(
      { err: error },
      'a payload codec fails; calls that need it are unavailable until it works',
    );
  }

  /** A list shows what visibility knows of the task. */
  listed(taskId: string, error: unknown): void {
    if (error instanceof CodecUnavailable || this.isTold(`list\n${taskId}`)) return;
    this.logger.warn({ err: error, task: taskId }, 'the history of a task cannot be read');
  }

  private isTold(key: string): boolean {
    if (this.told.has(key)) return true;
    this.told.set(key, true);
    return false;
  }
}
