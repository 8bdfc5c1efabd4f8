/** What the doctor has found out about one thing. */
export interface Finding {
  /** What was looked at, as in `task queue "billing"`. */
  about: string;
  /** An `error` keeps tasks from working; a `warning` may. */
  status: 'ok' | 'warning' | 'error';
  text: string;
  /** What to do; with every warning and error. */
  remedy?: string;
}

export function ok(about: string, text: string): Finding {
  return { about, status: 'ok', text };
}

export function warning(about: string, text: string, remedy: string): Finding {
  return { about, status: 'warning', text, remedy };
}

export function error(about: string, text: string, remedy: string): Finding {
  return { about, status: 'error', text, remedy };
}

/** What went wrong, on one line. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
