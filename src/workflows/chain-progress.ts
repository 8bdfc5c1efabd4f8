import { summaryOf } from '../contract/summary';
import { showBelow } from './current-details';

/** Steps that are shown: the latest ones. */
const MAX_STEPS = 30;

/** How far the steps of a chain are, for Temporal's UI. */
export class ChainProgress {
  private readonly events = new Map<string, string>();

  constructor() {
    showBelow(() => this.list());
  }

  note(place: string, event: string): void {
    this.events.set(place, event);
  }

  private list(): string {
    return [...this.events]
      .slice(-MAX_STEPS)
      .map(([place, event]) => `- ${summaryOf(place)}: ${event}`)
      .join('\n');
  }
}
