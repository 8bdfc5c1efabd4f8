/** A fault of a file. */
export interface FaultPlace {
  file: string;
  /** From 1. */
  line: number;
  /** As in `agents[0].workflow.type`; empty for the file as a whole. */
  path: string;
  message: string;
}

/** Settings or agents.yaml that cannot be used: one line a fault, all of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** @param places where the faults of a file are, for programs: one for each, or none */
  constructor(
    readonly faults: readonly string[],
    readonly places: readonly FaultPlace[] = [],
  ) {
    super(faults.join('\n'));
  }
}

/** A value as it is shown to who wrote it: short, and never more than one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return `${typeof value} ${String(value)}`;
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}
