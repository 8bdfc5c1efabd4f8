package workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityOptions;
import io.temporal.api.common.v1.Payload;
import io.temporal.client.WorkflowStub;
import io.temporal.common.RetryOptions;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** An agent that writes what a test vector of the contract says, as records, which Jackson writes with every field. */
@WorkflowInterface
public interface Vector {
  /** @param events those that are left; null for all */
  @WorkflowMethod(name = "Vector")
  Object run(JsonNode start, JsonNode events);

  record Part(
      String text,
      String raw,
      String url,
      Object data,
      Map<String, Object> metadata,
      String filename,
      String mediaType) {}

  record Message(
      String messageId,
      String role,
      List<Part> parts,
      String taskId,
      String contextId,
      Map<String, Object> metadata,
      List<String> extensions,
      List<String> referenceTaskIds) {}

  record Status(String state, Message message, String timestamp) {}

  record Artifact(
      String artifactId,
      List<Part> parts,
      String name,
      String description,
      Map<String, Object> metadata,
      List<String> extensions) {}

  record StatusUpdate(Status status, Map<String, Object> metadata) {}

  record ArtifactUpdate(
      Artifact artifact, Boolean append, Boolean lastChunk, Map<String, Object> metadata) {}

  record Update(StatusUpdate statusUpdate, ArtifactUpdate artifactUpdate) {}

  record Task(
      String id,
      String contextId,
      Status status,
      List<Artifact> artifacts,
      List<Message> history,
      Map<String, Object> metadata) {}

  record TaskStart(
      Task task,
      String agentId,
      Message message,
      Map<String, Object> metadata,
      List<String> acceptedOutputModes,
      List<Message> unread) {}

  @ActivityInterface
  interface Steps {
    @ActivityMethod(name = "signal")
    void signal(JsonNode event, boolean raw);

    @ActivityMethod(name = "failLike")
    void failLike(JsonNode failure);
  }

  class VectorWorkflow implements Vector {
    private static Steps steps(int mostSeconds) {
      return Workflow.newActivityStub(
          Steps.class,
          ActivityOptions.newBuilder()
              .setStartToCloseTimeout(Duration.ofSeconds(mostSeconds))
              .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
              .build());
    }

    @Override
    public Object run(JsonNode start, JsonNode left) {
      TaskStart typed = Json.typed(start, TaskStart.class);
      boolean isFirst = left == null || left.isNull();
      JsonNode wanted =
          isFirst
              ? Json.MAPPER.valueToTree(typed.message().parts().get(1).data())
              : Json.MAPPER.createObjectNode().set("events", left);
      boolean raw = wanted.path("raw").asBoolean();
      List<JsonNode> events = Json.list(wanted.get("events"));
      for (int number = 0; number < events.size(); number++) {
        JsonNode event = events.get(number);
        if (event.has("memo")) {
          Object update = Json.valueOf(event.get("memo"), Update.class, raw);
          Workflow.upsertMemo(Collections.singletonMap("a2a_update", update));
        } else if (event.has("signal")) {
          steps(10).signal(event, raw);
        } else if (event.has("continuedAsNew")) {
          Object next = Json.valueOf(Json.filled(event.get("continuedAsNew")), TaskStart.class, raw);
          Workflow.continueAsNew(next, events.subList(number + 1, events.size()));
        } else if (event.has("completed")) {
          JsonNode result = Json.filled(event.get("completed"));
          return Json.valueOf(result, Json.typeOfResult(result.path("json")), raw);
        } else if (event.has("failed")) {
          JsonNode failure = event.get("failed");
          if (failure.has("activityFailure")) steps(1).failLike(failure.get("cause"));
          throw Json.failureOf(failure);
        }
      }
      Workflow.await(() -> false);
      return null;
    }
  }

  class StepActivities implements Steps {
    @Override
    public void signal(JsonNode event, boolean raw) {
      String name = event.get("signal").asText();
      Class<?> type =
          switch (name) {
            case "a2a_update" -> Update.class;
            case "a2a_message" -> Message.class;
            default -> null;
          };
      String id = Activity.getExecutionContext().getInfo().getWorkflowId();
      WorkflowStub stub =
          Activity.getExecutionContext().getWorkflowClient().newUntypedWorkflowStub(id);
      stub.signal(name, Json.valueOf(event.get("argument"), type, raw));
    }

    @Override
    public void failLike(JsonNode failure) {
      if (failure.has("timeoutFailure")) {
        try {
          Thread.sleep(5_000);
        } catch (InterruptedException stopped) {
          throw Activity.wrap(stopped);
        }
      }
      throw Json.failureOf(failure);
    }
  }

  /** The payloads of vectors, as this worker writes them. */
  final class Json {
    static final ObjectMapper MAPPER =
        JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    static <T> T typed(JsonNode value, Class<T> type) {
      return MAPPER.convertValue(value, type);
    }

    static List<JsonNode> list(JsonNode array) {
      return StreamSupport.stream(array.spliterator(), false).toList();
    }

    static JsonNode filled(JsonNode payload) {
      return read(payload.toString().replace("$workflow", Workflow.getInfo().getWorkflowId()));
    }

    static Class<?> typeOfResult(JsonNode result) {
      if (result.has("messageId")) return Message.class;
      return result.has("status") && !result.has("total") ? Task.class : null;
    }

    static Object valueOf(JsonNode payload, Class<?> type, boolean raw) {
      if (payload.has("json")) {
        JsonNode value = payload.get("json");
        if (value.isNull()) return null;
        if (raw || type == null) return value;
        if (!value.isArray()) return typed(value, type);
        return list(value).stream().map(each -> typed(each, type)).toList();
      }
      String encoding = payload.get("encoding").asText();
      if (encoding.equals("binary/null")) return null;
      if (encoding.equals("json/plain")) return typed(read(payload.get("text").asText()), Map.class);
      byte[] data =
          payload.has("base64")
              ? Base64.getDecoder().decode(payload.get("base64").asText())
              : payload.get("text").asText().getBytes();
      if (encoding.equals("binary/plain")) return data;
      Payload.Builder written =
          Payload.newBuilder()
              .setData(ByteString.copyFrom(data))
              .putMetadata("encoding", ByteString.copyFromUtf8(encoding));
      if (payload.has("messageType")) {
        ByteString messageType = ByteString.copyFromUtf8(payload.get("messageType").asText());
        written.putMetadata("messageType", messageType);
      }
      return new RawValue(written.build());
    }

    static ApplicationFailure failureOf(JsonNode failure) {
      JsonNode application = failure.get("applicationFailure");
      List<Object> details = new ArrayList<>();
      application.path("details").forEach(each -> details.add(valueOf(each, null, true)));
      String type = application.get("type").asText();
      return ApplicationFailure.newFailure(failure.get("message").asText(), type, details.toArray());
    }

    private static JsonNode read(String text) {
      try {
        return MAPPER.readTree(text);
      } catch (JsonProcessingException broken) {
        throw new IllegalStateException(broken);
      }
    }
  }
}
