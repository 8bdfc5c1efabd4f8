import { LRUCache } from 'lru-cache';

/** What an entry takes beside what it holds, in bytes. */
const ENTRY_BYTES = 500;

/** One kind of what is remembered of tasks, by their IDs. */
export interface CacheSection<T extends object> {
  get(taskId: string): T | undefined;
  /** @param bytes measures what the value holds, as JSON; not asked when nothing is remembered */
  set(taskId: string, value: T, bytes: () => number): void;
  delete(taskId: string): void;
}

/** What a node remembers of the tasks that it has read: what was asked for last, within one limit of bytes. */
export class ReadCache {
  private readonly entries: LRUCache<string, object>;

  /** @param maxBytes size of all that is remembered, as JSON; 0 for nothing */
  constructor(private readonly maxBytes: number) {
    this.entries = new LRUCache({ maxSize: Math.max(maxBytes, 1) });
  }

  /** Whether anything is remembered at all. */
  get isOn(): boolean {
    return this.maxBytes > 0;
  }

  get bytes(): number {
    return this.entries.calculatedSize;
  }

  section<T extends object>(name: string): CacheSection<T> {
    const { entries } = this;
    return {
      get: (taskId) => entries.get(`${name}:${taskId}`) as T | undefined,
      set: (taskId, value, bytes) => {
        if (!this.isOn) return;
        const key = `${name}:${taskId}`;
        // Its size is taken anew only for another value.
        if (entries.peek(key) === value) entries.delete(key);
        entries.set(key, value, { size: Math.ceil(bytes()) + ENTRY_BYTES });
      },
      delete: (taskId) => void entries.delete(`${name}:${taskId}`),
    };
  }
}
