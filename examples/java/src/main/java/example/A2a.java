package example;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A2A JSON, as maps: fields that this code does not know of are kept. */
public final class A2a {
  static final String UPDATE = "a2a_update";
  static final String WORKING = "TASK_STATE_WORKING";
  static final String INPUT_REQUIRED = "TASK_STATE_INPUT_REQUIRED";

  /** The message of a status with one of these stays in the task's history. */
  private static final Set<String> LASTING = Set.of(INPUT_REQUIRED, "TASK_STATE_AUTH_REQUIRED");

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private A2a() {}

  public static Map<String, Object> text(String text) {
    return Map.of("text", text);
  }

  /** A data part of any JSON. */
  public static Map<String, Object> data(Object data) {
    return Map.of("data", data);
  }

  /** An artifact that has its ID as name. */
  @SafeVarargs
  public static Map<String, Object> artifact(String id, Map<String, Object>... parts) {
    return Map.of("artifactId", id, "name", id, "parts", List.of(parts));
  }

  public static Map<String, Object> statusUpdate(String state, long atMs, Map<String, Object> message) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("state", state);
    status.put("timestamp", timestamp(atMs));
    if (message != null) status.put("message", message);
    return Map.of("statusUpdate", Map.of("status", status));
  }

  /** A whole artifact, or with {@code append} a further piece of one. */
  public static Map<String, Object> artifactUpdate(
      Map<String, Object> artifact, boolean append, boolean lastChunk) {
    return Map.of(
        "artifactUpdate", Map.of("artifact", artifact, "append", append, "lastChunk", lastChunk));
  }

  /** All text parts of a message. */
  public static String textOf(Map<String, Object> message) {
    return maps(message.get("parts")).stream()
        .map(part -> (String) part.get("text"))
        .filter(Objects::nonNull)
        .collect(Collectors.joining("\n"));
  }

  static String timestamp(long ms) {
    return TIMESTAMP.format(Instant.ofEpochMilli(ms));
  }

  /** Folds an update into a Task, which it changes, exactly as the bridge does. */
  static void apply(Map<String, Object> task, Map<String, Object> update) {
    if (update.get("statusUpdate") != null) applyStatus(task, map(update.get("statusUpdate")));
    if (update.get("artifactUpdate") != null) applyArtifact(task, map(update.get("artifactUpdate")));
  }

  private static void applyStatus(Map<String, Object> task, Map<String, Object> update) {
    Map<String, Object> status = new LinkedHashMap<>(map(update.get("status")));
    Map<String, Object> message = map(status.get("message"));
    if (message != null) {
      status.put("message", withIds(message, task));
      if (LASTING.contains(status.get("state"))) remember(task, message);
    }
    task.put("status", status);
    merge(task, update);
  }

  private static void applyArtifact(Map<String, Object> task, Map<String, Object> update) {
    Map<String, Object> artifact = map(update.get("artifact"));
    List<Map<String, Object>> artifacts = new ArrayList<>(maps(task.get("artifacts")));
    task.put("artifacts", artifacts);
    for (int i = 0; i < artifacts.size(); i++) {
      Map<String, Object> known = artifacts.get(i);
      if (!known.get("artifactId").equals(artifact.get("artifactId"))) continue;
      boolean append = Boolean.TRUE.equals(update.get("append"));
      artifacts.set(i, append ? appended(known, artifact) : artifact);
      return;
    }
    artifacts.add(artifact);
  }

  /** Text goes on in the last part, so that a thousand pieces do not leave a thousand parts. */
  private static Map<String, Object> appended(Map<String, Object> known, Map<String, Object> piece) {
    List<Map<String, Object>> parts = new ArrayList<>(maps(known.get("parts")));
    List<Map<String, Object>> more = new ArrayList<>(maps(piece.get("parts")));
    int last = parts.size() - 1;
    if (last >= 0 && !more.isEmpty() && isText(parts.get(last)) && isText(more.get(0))) {
      parts.set(last, text("" + parts.get(last).get("text") + more.remove(0).get("text")));
    }
    parts.addAll(more);
    Map<String, Object> joined = new LinkedHashMap<>(known);
    piece.forEach((field, value) -> { if (!field.equals("metadata")) joined.put(field, value); });
    joined.put("parts", parts);
    merge(joined, piece);
    return joined;
  }

  private static boolean isText(Map<String, Object> part) {
    return part.size() == 1 && part.get("text") instanceof String;
  }

  /** Adds the metadata of {@code from} to that of {@code into}. */
  private static void merge(Map<String, Object> into, Map<String, Object> from) {
    Map<String, Object> more = map(from.get("metadata"));
    if (more == null || more.isEmpty()) return;
    Map<String, Object> all = new LinkedHashMap<>();
    if (into.get("metadata") != null) all.putAll(map(into.get("metadata")));
    all.putAll(more);
    into.put("metadata", all);
  }

  /** Adds a message to the history of a Task; false when it is there already. */
  static boolean remember(Map<String, Object> task, Map<String, Object> message) {
    List<Map<String, Object>> history = maps(task.get("history"));
    Object id = message.get("messageId");
    if (history.stream().anyMatch(known -> known.get("messageId").equals(id))) return false;
    task.put("history", Stream.concat(history.stream(), Stream.of(withIds(message, task))).toList());
    return true;
  }

  private static Map<String, Object> withIds(Map<String, Object> message, Map<String, Object> task) {
    Map<String, Object> copy = new LinkedHashMap<>(message);
    copy.put("taskId", task.get("id"));
    copy.put("contextId", task.get("contextId"));
    return copy;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  static List<Map<String, Object>> maps(Object value) {
    return value == null ? List.of() : (List<Map<String, Object>>) value;
  }
}
