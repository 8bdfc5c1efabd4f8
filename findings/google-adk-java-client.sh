#!/usr/bin/env bash
# com.google.adk:google-adk-a2a 0.5.0 (Java), RemoteA2AAgent with a card of 0.3 whose only transport is JSON-RPC:
# - it posts to the REST path /v1/message:send below the URL of the card, and what it posts there is a JSON-RPC envelope. An agent
#   that serves JSON-RPC at the URL of its card, as the card says, is never called.
# - It reads messages alone. An answer that is a task, as most agents give, is one event without content; no error.
# - A task that has failed is the same empty event.
# Expected: a POST to the URL of the card; the artifacts of the task; an error that says why the task failed.
# Seen with: POST /a2a/v1/message:send with jsonrpc 2.0, method message/send | message: "hello" | task completed: no content | task
#   failed: no content
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>show</groupId>
  <artifactId>show</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.google.adk</groupId>
      <artifactId>google-adk-a2a</artifactId>
      <version>0.5.0</version>
    </dependency>
  </dependencies>
</project>
XML
goal=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath
mvn --batch-mode --quiet "$goal" -Dmdep.outputFile=classpath
cat > Show.java <<'JAVA'
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.adk.a2a.RemoteA2AAgent;
import com.google.adk.runner.InMemoryRunner;
import com.google.genai.types.Content;
import com.google.genai.types.Part;
import com.sun.net.httpserver.HttpServer;
import io.a2a.spec.AgentCapabilities;
import io.a2a.spec.AgentCard;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

public class Show {
  static final String TASK = """
      {"kind": "task", "id": "t1", "contextId": "c1", "status": {"state": "%s", "message":
        {"kind": "message", "messageId": "m2", "role": "agent", "parts": [{"kind": "text", "text": "no such order"}]}},
       "artifacts": [{"artifactId": "a1", "parts": [{"kind": "text", "text": "hello"}]}]}""";
  static final List<String> RESULTS = List.of(
      """
      {"kind": "message", "messageId": "m1", "role": "agent", "parts": [{"kind": "text", "text": "hello"}]}""",
      TASK.formatted("completed"),
      TASK.formatted("failed"));

  public static void main(String[] args) throws Exception {
    var calls = new ArrayList<String>();
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      var request = new ObjectMapper().readTree(exchange.getRequestBody());
      var result = RESULTS.get(calls.size());
      calls.add("%s %s with jsonrpc %s, method %s".formatted(exchange.getRequestMethod(), exchange.getRequestURI(),
          request.path("jsonrpc").asText(), request.path("method").asText()));
      var body = "{\"jsonrpc\": \"2.0\", \"id\": %s, \"result\": %s}".formatted(request.path("id"), result).getBytes();
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    var card = new AgentCard.Builder()
        .name("shop").description("Sells").version("1.0.0").protocolVersion("0.3.0").skills(List.of())
        .url("http://127.0.0.1:" + server.getAddress().getPort() + "/a2a").preferredTransport("JSONRPC")
        .capabilities(new AgentCapabilities.Builder().build())
        .defaultInputModes(List.of("text/plain")).defaultOutputModes(List.of("text/plain")).build();
    var seen = new ArrayList<String>();
    for (int turn = 0; turn < RESULTS.size(); turn++) {
      var agent = RemoteA2AAgent.builder().name("shop").agentCardOrSource(card).build();
      var runner = new InMemoryRunner(agent);
      var session = runner.sessionService().createSession(runner.appName(), "user").blockingGet();
      var events = runner.runAsync("user", session.id(), Content.fromParts(Part.fromText("hi"))).toList().blockingGet();
      var text = events.stream().flatMap(event -> event.content().stream())
          .map(Content::text).reduce("", String::concat);
      seen.add(events.size() == 1 && events.get(0).content().isEmpty() ? "no content" : "\"" + text + "\"");
    }
    server.stop(0);
    System.out.println(calls.get(0) + " | message: " + seen.get(0) + " | task completed: " + seen.get(1)
        + " | task failed: " + seen.get(2));
    var right = calls.get(0).equals("POST /a2a/v1/message:send with jsonrpc 2.0, method message/send")
        && seen.equals(List.of("\"hello\"", "no content", "no content"));
    System.exit(right ? 0 : 1);
  }
}
JAVA
timeout 120 java -cp "$(cat classpath)" Show.java 2>java.log || { tail -20 java.log; exit 1; }
