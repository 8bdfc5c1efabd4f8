import { CancellationScope } from '@temporalio/workflow';

/** A scope that nothing cancels but its own `cancel()`: not the end of the call, nor of the workflow. */
export function detachedScope(): CancellationScope {
  return new CancellationScope({
    cancellable: true,
    parent: new CancellationScope({ cancellable: false }),
  });
}
