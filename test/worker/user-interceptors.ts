import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { defineQuery, setHandler } from '@temporalio/workflow';

/** Interceptors that a user had before the plugin: every workflow answers the query `intercepted`. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute(input, next) {
        setHandler(defineQuery('intercepted'), () => true);
        return next(input);
      },
    },
  ],
});
