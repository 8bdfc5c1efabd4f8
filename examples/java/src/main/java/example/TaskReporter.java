package example;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInfo;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.workflowservice.v1.SignalWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import java.util.List;
import java.util.Map;

/** Reports updates of the task from an activity. Make one for each attempt. */
public final class TaskReporter {
  private final WorkflowClient client = Activity.getExecutionContext().getWorkflowClient();
  private final ActivityInfo info = Activity.getExecutionContext().getInfo();
  private int reported = 0;

  /**
   * Sends one update. A retried activity has to report the same things in the same order: then each is stored once,
   * by a request ID, which stubs cannot set.
   */
  public synchronized void report(Map<String, Object> update) {
    reported++;
    WorkflowClientOptions options = client.getOptions();
    SignalWorkflowExecutionRequest.Builder signal =
        SignalWorkflowExecutionRequest.newBuilder()
            .setNamespace(options.getNamespace())
            .setWorkflowExecution(
                WorkflowExecution.newBuilder()
                    .setWorkflowId(info.getWorkflowId())
                    .setRunId(info.getWorkflowRunId()))
            .setSignalName(A2a.UPDATE)
            .setIdentity(options.getIdentity())
            .setRequestId(info.getWorkflowRunId() + "/" + info.getActivityId() + "/" + reported);
    options.getDataConverter().toPayloads(List.of(update)).ifPresent(signal::setInput);
    client.getWorkflowServiceStubs().blockingStub().signalWorkflowExecution(signal.build());
  }
}
