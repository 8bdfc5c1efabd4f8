package example;

import static example.A2a.INPUT_REQUIRED;
import static example.A2a.UPDATE;
import static example.A2a.WORKING;
import static example.A2a.map;
import static example.A2a.maps;

import io.temporal.common.SearchAttributeKey;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The A2A task that a workflow is: the contract of docs/contract.md. Copy this file and A2a.java into your project.
 *
 * <p>{@code return A2aTask.run(start, task -> { ...; return task.complete(...); });}
 */
public final class A2aTask {
  private static final String REJECTED_TYPE = "A2A_REJECTED";
  private static final SearchAttributeKey<String> STATE = SearchAttributeKey.forKeyword("A2aState");
  private static final SearchAttributeKey<OffsetDateTime> UPDATED_AT =
      SearchAttributeKey.forOffsetDateTime("A2aUpdatedAt");

  /** What the bridge sends to the workflow. */
  public interface Handlers {
    @SignalMethod(name = "a2a_message")
    void message(Map<String, Object> message);

    @SignalMethod(name = UPDATE)
    void updates(List<Map<String, Object>> updates);

    @QueryMethod(name = "a2a_task")
    Map<String, Object> task();
  }

  private final Map<String, Object> start;
  private final Map<String, Object> task;
  private final Queue<Map<String, Object>> unread = new ArrayDeque<>();

  private A2aTask(Map<String, Object> start) {
    this.start = start;
    task = new LinkedHashMap<>(map(start.get("task")));
    unread.addAll(maps(start.get("unread")));
    if (!task.containsKey("status")) { // It is there after continue-as-new.
      long begun = Workflow.getInfo().getRunStartedTimestampMillis();
      task.put("status", Map.of("state", "TASK_STATE_SUBMITTED", "timestamp", A2a.timestamp(begun)));
      A2a.remember(task, message());
    }
    Workflow.registerListener(
        new Handlers() {
          @Override
          public void message(Map<String, Object> message) {
            if (A2a.remember(task, message)) unread.add(message);
          }

          @Override
          public void updates(List<Map<String, Object>> updates) {
            updates.forEach(A2aTask.this::apply);
          }

          @Override
          public Map<String, Object> task() {
            return task;
          }
        });
  }

  /** The body of a workflow that is an agent; the task ends as {@code agent} ends. */
  public static Map<String, Object> run(
      Map<String, Object> start, Function<A2aTask, Map<String, Object>> agent) {
    A2aTask task = new A2aTask(start);
    try {
      Map<String, Object> result = agent.apply(task);
      // Of any other result, the bridge itself finds out how it ends the task.
      if (result != null && result.get("status") instanceof Map<?, ?> status) {
        task.upsertState((String) status.get("state"));
      }
      return result;
    } catch (TemporalFailure failure) {
      task.upsertState(endOf(failure));
      throw failure;
    }
  }

  /** The message that made the task. */
  public Map<String, Object> message() {
    return map(start.get("message"));
  }

  /** Progress, which readers of the stream see; the text may be null. */
  public void working(String text) {
    status(WORKING, text);
  }

  /** A whole artifact, which replaces one with the same ID. */
  public void artifact(Map<String, Object> artifact) {
    send(A2a.artifactUpdate(artifact, false, true));
  }

  /** Stops for the client, however long it takes, and gives its next message. */
  public Map<String, Object> ask(String question) {
    status(INPUT_REQUIRED, question);
    Map<String, Object> message = nextMessage();
    working(null);
    return message;
  }

  /** Waits for a message of the client without telling it so. */
  public Map<String, Object> nextMessage() {
    Workflow.await(() -> !unread.isEmpty());
    return unread.remove();
  }

  /** The result of the workflow; the artifacts are added to those that were sent before. */
  @SafeVarargs
  public final Map<String, Object> complete(Map<String, Object>... artifacts) {
    Map<String, Object> status = Map.of("state", "TASK_STATE_COMPLETED");
    return Map.of(
        "id", task.get("id"),
        "contextId", task.get("contextId"),
        "status", status,
        "artifacts", List.of(artifacts));
  }

  /** What ends the task as TASK_STATE_REJECTED: {@code throw task.rejection(...)}. */
  public ApplicationFailure rejection(String reason) {
    return ApplicationFailure.newNonRetryableFailure(reason, REJECTED_TYPE);
  }

  /**
   * Goes on with a short history; readers do not notice. Only while no activity runs. {@code args} are the further
   * arguments of the workflow.
   */
  public void continueAsNew(Object... args) {
    Map<String, Object> next = new LinkedHashMap<>(start);
    next.put("task", task);
    next.put("unread", new ArrayList<>(unread));
    Workflow.continueAsNew(Stream.concat(Stream.of(next), Stream.of(args)).toArray());
  }

  /** Writes an update into the history, where every reader finds it. */
  public void send(Map<String, Object> update) {
    Workflow.upsertMemo(Map.of(UPDATE, update));
    Workflow.upsertMemo(Collections.singletonMap(UPDATE, null));
    apply(update);
  }

  private void status(String state, String text) {
    Map<String, Object> message = null;
    if (text != null) {
      String id = Workflow.randomUUID().toString();
      message = Map.of("messageId", id, "role", "ROLE_AGENT", "parts", List.of(A2a.text(text)));
    }
    send(A2a.statusUpdate(state, Workflow.currentTimeMillis(), message));
  }

  private void apply(Map<String, Object> update) {
    Object before = stateOf(task);
    A2a.apply(task, update);
    Object state = stateOf(task);
    if (!state.equals(before)) upsertState((String) state);
  }

  private static Object stateOf(Map<String, Object> task) {
    return map(task.get("status")).get("state");
  }

  private void upsertState(String state) {
    OffsetDateTime now =
        Instant.ofEpochMilli(Workflow.currentTimeMillis()).atOffset(ZoneOffset.UTC);
    Workflow.upsertTypedSearchAttributes(STATE.valueSet(state), UPDATED_AT.valueSet(now));
  }

  /** The outermost ApplicationFailure decides; an activity or a child workflow may have wrapped it. */
  private static String endOf(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CanceledFailure) return "TASK_STATE_CANCELED";
      if (cause instanceof ApplicationFailure application) {
        return REJECTED_TYPE.equals(application.getType()) ? "TASK_STATE_REJECTED" : "TASK_STATE_FAILED";
      }
    }
    return "TASK_STATE_FAILED";
  }
}
