import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.a2a.A2A;
import io.a2a.client.ClientEvent;
import io.a2a.client.TaskEvent;
import io.a2a.client.TaskUpdateEvent;
import io.a2a.client.config.ClientConfig;
import io.a2a.client.transport.jsonrpc.JSONRPCTransport;
import io.a2a.client.transport.jsonrpc.JSONRPCTransportConfig;
import io.a2a.client.transport.rest.RestTransport;
import io.a2a.client.transport.rest.RestTransportConfig;
import io.a2a.spec.AgentCard;
import io.a2a.spec.DataPart;
import io.a2a.spec.FilePart;
import io.a2a.spec.FileWithBytes;
import io.a2a.spec.Message;
import io.a2a.spec.Part;
import io.a2a.spec.Task;
import io.a2a.spec.TaskIdParams;
import io.a2a.spec.TaskQueryParams;
import io.a2a.spec.TaskState;
import io.a2a.spec.TextPart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The A2A SDK for Java, over JSON-RPC and over HTTP+JSON. One argument: JSON with `url` and `cases`; one line of JSON for
 * each case.
 */
public class Client {
  interface Case {
    void attempt(Bridge bridge) throws Exception;
  }

  record Bridge(String url, boolean rest) {
    String base(String agent) {
      return agent.isEmpty() ? url : url + "/a2a/" + agent;
    }

    /** It refuses a card with fields that it does not know, as one for several versions has. */
    AgentCard card(String agent) throws Exception {
      return A2A.getAgentCard(url, base(agent).substring(url.length()) + "/.well-known/agent-card.json", Map.of("A2A-Version", "1.0"));
    }

    Conversation with(String agent, boolean streaming) throws Exception {
      var events = new LinkedBlockingQueue<Object>();
      var card = card(agent);
      var config = new ClientConfig.Builder().setStreaming(streaming).setUseClientPreference(true).build();
      var builder = io.a2a.client.Client.builder(card).clientConfig(config);
      builder.addConsumer((event, from) -> events.add(event)).streamingErrorHandler(error -> {
        if (error != null) events.add(error);
      });
      if (rest) builder.withTransport(RestTransport.class, new RestTransportConfig());
      else builder.withTransport(JSONRPCTransport.class, new JSONRPCTransportConfig());
      return new Conversation(builder.build(), events);
    }

    Conversation with(String agent) throws Exception {
      return with(agent, false);
    }
  }

  record Conversation(io.a2a.client.Client client, BlockingQueue<Object> events) {
    Task send(String text) throws Exception {
      return send(text, null, null);
    }

    Task send(String text, String taskId, String contextId) throws Exception {
      return send(List.of(new TextPart(text)), taskId, contextId);
    }

    Task send(List<Part<?>> parts, String taskId, String contextId) throws Exception {
      var message = Message.builder().role(Message.Role.ROLE_USER).messageId(UUID.randomUUID().toString()).parts(parts);
      if (taskId != null) message.taskId(taskId);
      if (contextId != null) message.contextId(contextId);
      client.sendMessage(message.build());
      return next();
    }

    /** The task as of the next event. */
    Task next() throws Exception {
      var event = events.poll(30, TimeUnit.SECONDS);
      if (event instanceof Throwable error) throw new IllegalStateException(error);
      if (event instanceof TaskEvent task) return task.getTask();
      if (event instanceof TaskUpdateEvent update) return update.getTask();
      throw new IllegalStateException("got " + event);
    }
  }

  static String said(Task task) {
    var status = task.status().message() == null ? Stream.<Part<?>>of() : task.status().message().parts().stream();
    var artifacts = Stream.ofNullable(task.artifacts()).flatMap(List::stream).flatMap(each -> each.parts().stream());
    return Stream.concat(status, artifacts)
        .map(part -> part instanceof TextPart text ? text.text() : null)
        .filter(Objects::nonNull)
        .collect(Collectors.joining("\n"));
  }

  static void check(boolean condition, Object seen) {
    var text = String.valueOf(seen);
    if (!condition) throw new IllegalStateException("saw " + text.substring(0, Math.min(600, text.length())));
  }

  static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put("card", bridge -> {
      var card = bridge.card("");
      check(card.name().equals("Echo"), card);
    });
    CASES.put("named", bridge -> {
      var card = bridge.card("interview");
      check(card.name().equals("Interviewer"), card);
    });
    CASES.put("send", bridge -> {
      var task = bridge.with("").send("Hello, agent!");
      check(said(task).equals("Hello, agent!"), task);
    });
    CASES.put("stream", bridge -> {
      var ticker = bridge.with("ticker", true);
      var seen = new ArrayList<Task>(List.of(ticker.send("3 every 100ms")));
      while (!seen.get(seen.size() - 1).status().state().isFinal()) seen.add(ticker.next());
      check(seen.size() > 3 && said(seen.get(seen.size() - 1)).contains("tick 3"), seen);
    });
    CASES.put("poll", bridge -> {
      var ticker = bridge.with("ticker", true);
      var task = ticker.send("3 every 100ms");
      while (!task.status().state().isFinal()) {
        Thread.sleep(100);
        task = ticker.client().getTask(new TaskQueryParams(task.id()));
      }
      check(said(task).contains("tick 3"), task);
    });
    CASES.put("multi-turn", bridge -> {
      var interview = bridge.with("interview");
      var asked = interview.send("Let us begin");
      check(said(asked).equals("What is your name?"), asked);
      var answered = interview.send("Ada", asked.id(), asked.contextId());
      check(said(answered).contains("Your name is Ada."), answered);
    });
    CASES.put("context", bridge -> {
      var first = bridge.with("").send("one");
      var second = bridge.with("").send("two", null, first.contextId());
      check(!first.id().equals(second.id()) && first.contextId().equals(second.contextId()), List.of(first, second));
    });
    CASES.put("failure", bridge -> {
      var task = bridge.with("invoice").send("{\"customer\": 1}");
      check(said(task).contains("the order has no customer"), task);
    });
    CASES.put("cancel", bridge -> {
      var ticker = bridge.with("ticker", true);
      var task = ticker.client().cancelTask(new TaskIdParams(ticker.send("100 every 1s").id()));
      check(task.status().state() == TaskState.TASK_STATE_CANCELED, task);
    });
    CASES.put("artifacts", bridge -> {
      var file = new FilePart(new FileWithBytes("image/png", "a.png", "iVBORw=="));
      List<Part<?>> parts = List.of(new TextPart("a text"), new DataPart(Map.of("a", List.of("b", "c"))), file);
      var task = bridge.with("").send(parts, null, null);
      var got = task.artifacts().get(0).parts();
      check(got.size() == 3 && got.get(0) instanceof TextPart text && text.text().equals("a text"), got);
      check(got.get(1) instanceof DataPart data && data.data().equals(Map.of("a", List.of("b", "c"))), got);
      check(got.get(2) instanceof FilePart part && part.file() instanceof FileWithBytes bytes
          && bytes.bytes().equals("iVBORw=="), got);
    });
    CASES.put("big", bridge -> {
      var big = "ü".repeat(500_000);
      var answer = said(bridge.with("").send(big));
      check(answer.equals(big), answer.length());
    });
  }

  public static void main(String[] args) {
    var config = JsonParser.parseString(args[0]).getAsJsonObject();
    var wanted = config.has("cases") ? config.getAsJsonArray("cases") : null;
    CASES.forEach((name, attempt) -> {
      if (wanted != null && !wanted.contains(new JsonPrimitive(name))) return;
      var began = System.currentTimeMillis();
      String failure = null;
      for (var rest : List.of(false, true)) {
        try {
          attempt.attempt(new Bridge(config.get("url").getAsString(), rest));
        } catch (Exception | LinkageError error) {
          if (failure == null) failure = (rest ? "HTTP+JSON: " : "JSONRPC: ") + error;
        }
      }
      var result = new JsonObject();
      result.addProperty("case", name);
      result.addProperty("ok", failure == null);
      result.addProperty("detail", failure);
      result.addProperty("ms", System.currentTimeMillis() - began);
      System.out.println(new Gson().toJson(result));
    });
    System.exit(0);
  }
}
