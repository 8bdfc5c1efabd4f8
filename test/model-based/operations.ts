import fc from 'fast-check';
import { cancel } from './cancels';
import { hook } from './hooks';
import { pause, reset, resume } from './operators';
import { get, list, subscribe } from './reads';
import { resend, say, sayAgain, send } from './sends';

/** Random operations of the clients of a case, and what operators do to workers and workflows. */
export function operations(maxCommands: number) {
  const twice = <T>(arbitrary: T): T[] => [arbitrary, arbitrary];
  return fc.commands(
    [
      ...twice(send),
      ...twice(send),
      resend,
      ...twice(say),
      ...twice(say),
      sayAgain,
      ...twice(get),
      ...twice(get),
      list,
      cancel,
      ...twice(subscribe),
      hook,
      pause,
      resume,
      reset,
    ],
    { maxCommands, size: 'max' },
  );
}
