/** What an error is, by its reason: the SDK's classes may be there twice. */

export function isTaskNotFound(error: unknown): boolean {
  return reasonOf(error) === 'TASK_NOT_FOUND';
}

export function isOverQuota(error: unknown): boolean {
  return reasonOf(error) === 'RESOURCE_EXHAUSTED';
}

function reasonOf(error: unknown): unknown {
  return (error as { reason?: unknown } | null)?.reason;
}
