package workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.failure.NexusOperationFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.failure.TimeoutFailure;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.NexusOperationOptions;
import io.temporal.workflow.NexusServiceOptions;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A plain workflow that calls agents as its argument says, and gives what came of each call. */
@WorkflowInterface
public interface Caller {
  @WorkflowMethod(name = "Caller")
  Map<String, Object> call(JsonNode wanted);

  @SignalMethod(name = "a2a_question")
  void question(JsonNode asked);

  class CallingWorkflow implements Caller {
    private static final ObjectMapper JSON = new ObjectMapper();
    private String answer = "";

    @Override
    public Map<String, Object> call(JsonNode wanted) {
      answer = wanted.path("answer").asText();
      List<Map<String, Object>> outcomes = new ArrayList<>();
      String taskId = "";
      for (JsonNode each : wanted.get("calls")) {
        JsonNode call = filled(each, taskId);
        try {
          JsonNode result = call.has("operation") ? overNexus(call) : byChildWorkflow(call);
          JsonNode task = result.has("task") ? result.get("task") : result;
          taskId = task.get("id").asText();
          outcomes.add(summaryOf(task));
        } catch (ChildWorkflowFailure | NexusOperationFailure failure) {
          if (failure.getCause() instanceof CanceledFailure) throw failure;
          outcomes.add(failureOf(failure));
        }
      }
      return Map.of("calls", outcomes);
    }

    @Override
    public void question(JsonNode asked) {
      Workflow.newUntypedExternalWorkflowStub(asked.get("callId").asText())
          .signal("a2a_message", answer);
    }

    private static JsonNode filled(JsonNode call, String taskId) {
      String workflowId = Workflow.getInfo().getWorkflowId();
      try {
        return JSON.readTree(
            call.toString().replace("$workflow", workflowId).replace("$task", taskId));
      } catch (JsonProcessingException broken) {
        throw new IllegalStateException(broken);
      }
    }

    private static JsonNode byChildWorkflow(JsonNode call) {
      ChildWorkflowOptions options =
          ChildWorkflowOptions.newBuilder()
              .setTaskQueue(call.get("queue").asText())
              .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL)
              .build();
      return Workflow.newUntypedChildWorkflowStub("a2aCall", options)
          .execute(JsonNode.class, call.get("input"));
    }

    private static JsonNode overNexus(JsonNode call) {
      Duration most = Duration.ofMillis(call.path("timeout").asLong(60_000));
      NexusServiceOptions options =
          NexusServiceOptions.newBuilder()
              .setEndpoint(call.get("endpoint").asText())
              .setOperationOptions(
                  NexusOperationOptions.newBuilder().setScheduleToCloseTimeout(most).build())
              .build();
      return Workflow.newUntypedNexusServiceStub("A2AService", options)
          .execute(call.get("operation").asText(), JsonNode.class, call.get("input"));
    }

    private static Map<String, Object> summaryOf(JsonNode task) {
      Map<String, JsonNode> artifacts = new HashMap<>();
      for (JsonNode artifact : task.path("artifacts")) {
        artifacts.put(artifact.get("name").asText(), artifact.get("parts"));
      }
      Map<String, Object> summary = new HashMap<>();
      summary.put("state", task.at("/status/state").asText());
      summary.put("says", textOrNull(task.at("/status/message/parts/0/text")));
      summary.put("artifacts", artifacts);
      return summary;
    }

    private static Map<String, Object> failureOf(TemporalFailure failure) {
      Map<String, Object> told = new HashMap<>();
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof TimeoutFailure) {
          told.put("type", "timeout");
          told.put("state", null);
          return told;
        }
        if (cause instanceof ApplicationFailure application) {
          told.put("type", application.getType());
          told.put("state", null);
          if (application.getDetails().getSize() > 0) {
            JsonNode details = application.getDetails().get(0, JsonNode.class);
            told.put("state", textOrNull(details.at("/task/status/state")));
          }
          return told;
        }
      }
      told.put("type", "unknown");
      return told;
    }

    private static String textOrNull(JsonNode node) {
      return node.isTextual() ? node.asText() : null;
    }
  }
}
