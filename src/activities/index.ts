import { taxRateFor } from './invoice';
import { tick } from './ticker';

export type Activities = ReturnType<typeof createActivities>;

/** Every activity that the built-in worker runs. */
export function createActivities() {
  return { taxRateFor, tick };
}
