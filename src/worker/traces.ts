import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import { type Agents, AgentSet } from '../config/agent-set';
import { readTraceHeader, readTraceparent, type TraceFields } from '../contract/trace';
import { agentAttributes, agentSpanName } from '../tracing/conventions';
import type { TraceIds, Tracing } from '../tracing/tracing';
import type { TraceSinks } from '../workflows/traces';

/** What activities do is part of what has scheduled them. Nothing when nobody traces. */
export function tracedActivities(tracing: Tracing | undefined): ActivityInterceptorsFactory[] {
  if (tracing === undefined) return [];
  return [
    () => {
      let fields: TraceFields | undefined;
      return {
        inbound: {
          execute(input, next) {
            fields = readTraceHeader(input.headers);
            return fields === undefined ? next(input) : tracing.within(fields, () => next(input));
          },
        },
        outbound: {
          getLogAttributes: (input, next) => next({ ...input, ...idsOf(fields) }),
        },
      };
    },
  ];
}

function idsOf(fields: TraceFields | undefined): Partial<TraceIds> {
  const parent = fields && readTraceparent(fields.traceparent);
  return parent === undefined ? {} : { trace_id: parent.traceId, span_id: parent.spanId };
}

/**
 * Makes the spans of tasks, whose IDs are known before: of the same task it is the same span, should a worker be lost
 * while it tells of the end.
 */
export function traceSinks(tracing: Tracing, agents: Agents = []): InjectedSinks<TraceSinks> {
  const names = AgentSet.of(agents).view((all) => new Map(all.map(({ id, name }) => [id, name])));
  return {
    a2aTrace: {
      taskEnded: {
        fn: ({ workflowType, runId, taskQueue }, task) => {
          const { agent, parent, spanId, links, error } = task;
          const span = tracing.start({
            name: agentSpanName(agent),
            kind: 'internal',
            attributes: {
              ...agentAttributes({ id: agent, name: names().get(agent), contextId: task.contextId }),
              'a2a.task.id': task.taskId,
              'a2a.task.state': task.state,
              temporalWorkflowID: task.taskId,
              temporalRunID: runId,
              temporalWorkflowType: workflowType,
              temporalTaskQueue: taskQueue,
            },
            parent,
            spanId,
            links,
            at: new Date(task.begun),
          });
          span.end(error, new Date(task.ended));
        },
      },
    },
  };
}
