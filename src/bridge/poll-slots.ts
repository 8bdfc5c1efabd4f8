import { GRPC, isGrpcError } from './temporal-calls';

export interface PollSlotsOptions {
  /** Long polls that may be held at first; as many as there may ever be unless set. */
  first?: number;
  /** Time in ms between two steps up. */
  growMs?: { unrefused: number; refused: number };
}

const GROW_MS = { unrefused: 5_000, refused: 10_000 };

/** What a step up adds, as a part of the limit: until a poll was refused for the first time, and from then on. */
const GROWTH = { unrefused: 1 / 8, refused: 1 / 64 };

/** What is left of the polls that were held when one was refused: workers and queries need some of the limit, too. */
const KEPT = 3 / 4;

/** Time in ms within which refusals count as one. */
const AT_ONCE_MS = 1_000;

/**
 * Long polls that this node may hold at once; feeds beyond the limit look from time to time instead. A Temporal frontend
 * allows so many per namespace (`frontend.namespaceCount`, 1,200 by default), shared by all its callers, and tells
 * nobody how many: so the limit goes down with a poll that is refused, and slowly up as long as feeds want more.
 */
export class PollSlots {
  private used = 0;
  private allowed: number;
  private refusals = 0;
  private refusedAt = 0;
  private changedAt = Date.now();
  private readonly growMs: { unrefused: number; refused: number };

  /** @param most the limit is never higher */
  constructor(
    readonly most: number,
    { first = most, growMs = GROW_MS }: PollSlotsOptions = {},
  ) {
    this.allowed = Math.min(first, most);
    this.growMs = growMs;
  }

  /** Long polls that are held. */
  get held(): number {
    return this.used;
  }

  /** Long polls that may be held now. */
  get limit(): number {
    return this.allowed;
  }

  /** Runs `poll` if a slot is free; returns undefined when none is, at once, or when Temporal has refused it. */
  async use<T>(poll: () => Promise<T>): Promise<T | undefined> {
    if (this.used >= this.allowed && !this.grow()) return undefined;
    return this.run(poll);
  }

  /** Runs a poll that is answered at once, and so needs no slot; returns undefined when Temporal has refused it. */
  async run<T>(poll: () => Promise<T>): Promise<T | undefined> {
    this.used += 1;
    try {
      return await poll();
    } catch (error) {
      if (!isRefused(error)) throw error;
      this.shrink();
      return undefined;
    } finally {
      this.used -= 1;
    }
  }

  /** @returns whether there is a slot now */
  private grow(): boolean {
    const way = this.refusals === 0 ? 'unrefused' : 'refused';
    const now = Date.now();
    if (now - this.changedAt >= this.growMs[way]) {
      this.changedAt = now;
      const step = Math.ceil(this.allowed * GROWTH[way]);
      this.allowed = Math.min(this.most, this.allowed + Math.max(1, step));
    }
    return this.used < this.allowed;
  }

  private shrink(): void {
    const now = Date.now();
    if (this.refusals > 0 && now - this.refusedAt < AT_ONCE_MS) return;
    this.refusals += 1;
    this.refusedAt = now;
    this.changedAt = now;
    const held = Math.min(this.used, this.allowed);
    this.allowed = Math.min(this.most, Math.max(1, Math.floor(held * KEPT)));
  }
}

/** Whether there are too many calls at work, rather than too many in a second. */
function isRefused(error: unknown): boolean {
  if (!isGrpcError(error, GRPC.RESOURCE_EXHAUSTED)) return false;
  const { message, metadata } = error as { message: string; metadata?: { get?(name: string): unknown[] } };
  const [cause] = metadata?.get?.('x-resource-exhausted-cause') ?? [];
  return cause === undefined ? /concurrent/i.test(message) : cause === 'ConcurrentLimit';
}
