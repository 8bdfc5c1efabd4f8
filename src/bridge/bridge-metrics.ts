import type { Meter } from '../metrics/meter';
import type { Availability } from '../temporal/availability';
import type { AnswerWaiter } from './answer-waiter';
import type { KnownTasks } from './known-tasks';
import type { TaskFollower } from './task-follower';

/** Tells how many histories are followed, and with how many long polls. @returns ends that */
export function meterFollower(metrics: Meter, follower: TaskFollower, reader: 'api' | 'push'): () => void {
  const labels = { reader };
  const ends = [
    metrics.gauge('a2a_followed_tasks', () => [{ labels, value: follower.size }]),
    metrics.gauge('a2a_long_polls', () => [{ labels, value: follower.pollSlots.held }]),
    metrics.gauge('a2a_long_polls_limit', () => [{ labels, value: follower.pollSlots.limit }]),
  ];
  return () => {
    for (const end of ends) end();
  };
}

export interface NodeParts {
  answers: AnswerWaiter;
  known: KnownTasks;
  availability: Availability;
}

/** Tells what the node is at. @returns what ends that */
export function meterNode(metrics: Meter, { answers, known, availability }: NodeParts): (() => void)[] {
  return [
    metrics.gauge('a2a_waiting_sends', () => [{ labels: {}, value: answers.waiting }]),
    metrics.gauge('a2a_read_cache_bytes', () => [{ labels: {}, value: known.bytes }]),
    metrics.gauge('a2a_temporal_available', () => [{ labels: {}, value: availability.isAway ? 0 : 1 }]),
  ];
}
