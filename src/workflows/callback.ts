import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import { condition, defineSignal, setHandler, uuid4, workflowInfo } from '@temporalio/workflow';
import { CALLBACK_SIGNAL } from '../contract/agent-call';
import { DESCRIPTIONS } from './descriptions';

const callbackSignal = defineSignal<[unknown]>(CALLBACK_SIGNAL);

/** How long a call waits at most before it looks by itself, in case the callback never comes. */
const LOOK_EVERY = '5 minutes';

const waiting = new Map<string, Callback>();
let listening = false;

/** One call's callbacks: push notifications of the called agent, which the API hands to the workflow as signals. */
export class Callback {
  readonly address: { workflowId: string; callId: string };
  private arrived = false;
  private until = Number.POSITIVE_INFINITY;

  constructor() {
    this.address = { workflowId: workflowInfo().workflowId, callId: uuid4() };
    waiting.set(this.address.callId, this);
    listen();
  }

  /** An answer is expected within this time from now; without one, some day. */
  expect(timeout: Duration | undefined): void {
    this.until = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + msToNumber(timeout);
  }

  /**
   * Resolves when there is news since the last time, or when it is time to look without.
   * @returns false when it is too late
   */
  async arrival(): Promise<boolean> {
    const left = this.until - Date.now();
    if (left <= 0) return false;
    await condition(() => this.arrived, Math.min(msToNumber(LOOK_EVERY), left), {
      summary: 'When the called agent is asked, should it not call back before',
    });
    this.arrived = false;
    return true;
  }

  /** Several callbacks before the next look are as good as one. */
  arrive(): void {
    this.arrived = true;
  }
}

function listen(): void {
  if (listening) return;
  listening = true;
  setHandler(callbackSignal, (callId) => waiting.get(String(callId))?.arrive(), {
    description: DESCRIPTIONS.callback,
  });
}
