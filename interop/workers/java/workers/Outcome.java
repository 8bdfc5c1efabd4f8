package workers;

import com.google.protobuf.ByteString;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityOptions;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.common.RetryOptions;
import io.temporal.common.converter.ProtobufPayloadConverter;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A plain workflow that ends in whatever way its argument names. */
@WorkflowInterface
public interface Outcome {
  @WorkflowMethod(name = "Outcome")
  Object end(Map<String, Object> wanted);

  record Note(String title, String body, List<String> tags) {}

  /** Takes an object of a class of its own. */
  @WorkflowInterface
  interface Typed {
    @WorkflowMethod(name = "Typed")
    String titleOf(Note note);
  }

  class TypedWorkflow implements Typed {
    @Override
    public String titleOf(Note note) {
      return note.title();
    }
  }

  @ActivityInterface
  interface Failing {
    @ActivityMethod(name = "fail")
    void fail(String how);
  }

  class FailingActivity implements Failing {
    @Override
    public void fail(String how) {
      if (how.equals("timeout")) {
        try {
          Thread.sleep(5_000);
        } catch (InterruptedException stopped) {
          throw Activity.wrap(stopped);
        }
      }
      throw Ends.FAILURES.get(how).get();
    }
  }

  class OutcomeWorkflow implements Outcome {
    @Override
    public Object end(Map<String, Object> wanted) {
      if (wanted.get("sleep") instanceof Integer ms) Workflow.sleep(Duration.ofMillis(ms));
      if (wanted.get("raise") instanceof String how) throw Ends.FAILURES.get(how).get();
      if (wanted.get("cause") instanceof String how) {
        RuntimeException cause = Ends.FAILURES.get(how).get();
        throw ApplicationFailure.newFailureWithCause("the outer reason", "Outer", cause);
      }
      if (wanted.get("activity") instanceof String how) {
        Duration most = how.equals("timeout") ? Duration.ofMillis(200) : Duration.ofSeconds(10);
        ActivityOptions options =
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(most)
                .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
                .build();
        Workflow.newActivityStub(Failing.class, options).fail(how);
      }
      if (wanted.get("child") instanceof String how) {
        Workflow.newUntypedChildWorkflowStub("Outcome").execute(Object.class, Map.of("raise", how));
      }
      if (wanted.get("again") instanceof Integer left && left > 0) {
        Map<String, Object> next = new HashMap<>(wanted);
        next.put("again", left - 1);
        Workflow.continueAsNew(next);
      }
      return Ends.RESULTS.get(wanted.get("give"));
    }
  }

  /** What workflows may end with. */
  final class Ends {
    private static final WorkflowExecution EXECUTION =
        WorkflowExecution.newBuilder().setWorkflowId("w").setRunId("r").build();
    private static final byte[] BYTES = "\0\u00ffbytes".getBytes(StandardCharsets.ISO_8859_1);

    static final Map<String, Object> RESULTS =
        map(
            "object", map("a", 1, "list", Arrays.asList(1, "two", null), "deep", Map.of("yes", true)),
            "record", new Note("a note", null, null),
            "string", "héllo ✓ 🎉",
            "empty", "",
            "list", Arrays.asList(1, "two", null),
            "number", 42,
            "boolean", false,
            "none", null,
            "bytes", BYTES,
            "protobuf", EXECUTION,
            "protobuf-binary", new RawValue(new ProtobufPayloadConverter().toData(EXECUTION).get()),
            "nan",
                map(
                    "x", Double.NaN,
                    "most", Double.POSITIVE_INFINITY,
                    "least", Double.NEGATIVE_INFINITY),
            "big",
                map("integer", BigInteger.ONE.shiftLeft(64).add(BigInteger.ONE), "float", 1e300),
            "foreign", raw("?", "binary/foreign"),
            "no-encoding", raw("?", null),
            "truncated", raw("{\"a\":", "json/plain"),
            "message",
                map(
                    "messageId", "the-answer",
                    "role", "ROLE_AGENT",
                    "parts", List.of(Map.of("text", "the answer")),
                    "metadata", null,
                    "extensions", null),
            "task-of-nulls",
                map(
                    "id", "of its own",
                    "contextId", null,
                    "status", map("state", "TASK_STATE_FAILED", "message", null, "timestamp", null),
                    "artifacts", null,
                    "history", null,
                    "metadata", null),
            "too-large", "x".repeat(2_200_000));

    static final Map<String, Supplier<RuntimeException>> FAILURES =
        Map.of(
            "application", () -> ApplicationFailure.newFailure("card declined", "CardDeclined"),
            "details", () -> declined(Map.of("code", 51)),
            "details-protobuf", () -> declined(EXECUTION),
            "details-bytes", () -> declined(BYTES),
            "details-foreign", () -> declined(raw("?", "binary/foreign")),
            "details-truncated", () -> declined(raw("{\"a\":", "json/plain")),
            "empty", () -> ApplicationFailure.newFailure("", ""),
            "rejected", () -> ApplicationFailure.newFailure("not my business", "A2A_REJECTED"),
            "exception", () -> new IllegalStateException("a bug"));

    private static RuntimeException declined(Object details) {
      return ApplicationFailure.newFailure("card declined", "CardDeclined", details);
    }

    private static RawValue raw(String data, String encoding) {
      Payload.Builder payload = Payload.newBuilder().setData(ByteString.copyFromUtf8(data));
      if (encoding != null) {
        payload.putMetadata("encoding", ByteString.copyFromUtf8(encoding));
      }
      return new RawValue(payload.build());
    }

    private static Map<String, Object> map(Object... entries) {
      Map<String, Object> map = new HashMap<>();
      for (int i = 0; i < entries.length; i += 2) map.put((String) entries[i], entries[i + 1]);
      return map;
    }
  }
}
