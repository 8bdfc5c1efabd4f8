import type { DataConverter } from '@temporalio/common';
import type { Logger } from 'pino';
import { type Availability, availabilityOf } from '../temporal/availability';
import { connectTemporal, type TemporalConnection, TemporalNotReadyError } from '../temporal/connection';
import { OutageLog } from '../temporal/outage-log';
import { ensureSearchAttributes } from '../temporal/search-attributes';
import type { TemporalTarget } from '../temporal/target';

/** Time in ms of silence after which Temporal is asked whether it is there, although nobody calls. */
const WATCH_MS = 5_000;

/** Time in ms by which lines of the SDK may come after what they tell of. */
const LATE_MS = 5_000;

/** A connection, and what is known of its other end. */
export interface WatchedTemporal extends TemporalConnection {
  availability: Availability;
}

/** The process's one way to Temporal: made as soon as Temporal is there, and watched from then on. */
export class TemporalLink {
  private temporal: WatchedTemporal | undefined;

  constructor(
    private readonly target: TemporalTarget,
    /** By what Temporal names the client. */
    private readonly identity: string,
    private readonly logger: Logger,
    private readonly dataConverter?: DataConverter,
  ) {}

  /**
   * Waits for Temporal, however long that takes.
   * @param onWaiting is told, in words for callers, what is missing
   * @throws TemporalSettingsError; an Error for search attributes that are of the wrong type or may not be added
   */
  async connect(
    signal: AbortSignal,
    onWaiting: (whyNot: string) => void = () => {},
  ): Promise<WatchedTemporal> {
    const outage = new OutageLog(this.logger);
    const temporal = await connectTemporal(this.target, {
      signal,
      identity: this.identity,
      dataConverter: this.dataConverter,
      prepare: ({ connection, namespace }) => ensureSearchAttributes(connection, namespace),
      onRetry: (error) => {
        outage.failed(`${error.message}; trying again`);
        if (error instanceof TemporalNotReadyError) onWaiting(error.forCallers);
      },
    });
    const name = `Temporal at ${temporal.address}`;
    outage.ended(`connected to ${name}`);
    const availability = availabilityOf(temporal.client, { logger: this.logger, name });
    availability.watch(WATCH_MS);
    this.temporal = { ...temporal, availability };
    return this.temporal;
  }

  /** Finds out whether Temporal is away, as the log says then, or was just now. */
  isAway = async (): Promise<boolean> => {
    if (this.temporal === undefined) return true;
    const { availability } = this.temporal;
    await availability.check();
    return availability.wasAway(LATE_MS);
  };

  async close(): Promise<void> {
    this.temporal?.availability.close();
    await this.temporal?.connection.close();
  }
}
