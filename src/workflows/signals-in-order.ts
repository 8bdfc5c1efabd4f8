import type { RawValue } from '@temporalio/common';
import { defineSignal, setHandler } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes';
import { hasFlag, WorkflowFlags } from './flags';
import { rawArgument } from './readings';

/** A signal with one argument, and what is done with it. */
export interface SignalHandler {
  name: string;
  description: string;
  /** @param raw the argument, for `readRaw` */
  handle: (raw: unknown) => void;
}

/**
 * Sets handlers of several signals that take those in the order of the history. Signals that came before their handler
 * was set are given to it when it is: all of the first kind, then all of the second. The bridge, which reads them in
 * the history, would come to another Task.
 */
export function setSignalHandlers(handlers: readonly SignalHandler[]): void {
  const names = handlers.map(({ name }) => name);
  const { bufferedSignals } = getActivator();
  const before = bufferedSignals.filter(({ signalName }) => names.includes(signalName ?? ''));
  const turns = before.map(({ signalName }) => names.indexOf(signalName ?? ''));
  const isInTurn = turns.every((turn, index) => turn >= (turns[index - 1] ?? 0));
  if (isInTurn || !hasFlag(WorkflowFlags.signalOrder)) {
    for (const { name, description, handle } of handlers) set(name, description, handle);
    return;
  }
  const payloads = before.map(({ input }) => input?.[0]);
  let waiting: { raw: unknown; run: () => void }[] | undefined = [];
  for (const { name, description, handle } of handlers) {
    set(name, description, (raw) => {
      if (waiting === undefined) return handle(raw);
      const { promise, run } = later(() => handle(raw));
      waiting.push({ raw, run });
      return promise;
    });
  }
  // Interceptors may have taken some out.
  const place = ({ raw }: { raw: unknown }) => payloads.indexOf((raw as RawValue | undefined)?.payload);
  const inOrder = waiting.sort((a, b) => place(a) - place(b));
  waiting = undefined;
  for (const { run } of inOrder) run();
}

function set(name: string, description: string, handler: (raw: unknown) => void | Promise<void>): void {
  setHandler(defineSignal<[unknown]>(name, { typeInfo: rawArgument }), handler, { description });
}

/** What it throws is the failure of the signal, as if it had run at once. */
function later(handle: () => void): { promise: Promise<void>; run: () => void } {
  let run = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    run = () => {
      try {
        resolve(handle());
      } catch (error) {
        reject(error);
      }
    };
  });
  return { promise, run };
}
