#!/usr/bin/env bash
# A2A SDK for Java, a2a-java-sdk-client 1.0.0.Alpha3, A2A.getAgentCard:
# - it refuses an agent card with a field that it does not know, so also one that serves clients of 0.3 beside those of
#   1.0 (`protocolVersion`, `url`). The specification (1.0, section 5.7) asks clients to ignore unknown fields.
# Seen with: plain: Answers | with another field: refused, protocolVersion in message a2a.v1.AgentCard
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>show</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.github.a2asdk</groupId>
      <artifactId>a2a-java-sdk-client</artifactId>
      <version>1.0.0.Alpha3</version>
    </dependency>
  </dependencies>
</project>
XML
goal=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath
mvn --batch-mode --quiet "$goal" -Dmdep.outputFile=classpath
cat > Show.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import io.a2a.A2A;
import java.net.InetSocketAddress;
import java.util.Map;

public class Show {
  static final String CARD = """
      {"name": "Answers", "description": "Answers", "version": "1.0.0", "capabilities": {},
       "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
       "supportedInterfaces": [{"url": "http://127.0.0.1:9/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
       "skills": [{"id": "answer", "name": "Answer", "description": "Answers", "tags": ["test"]}]%s}""";

  public static void main(String[] args) throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      var more = exchange.getRequestURI().getPath().startsWith("/more") ? ", \"protocolVersion\": \"0.3.0\"" : "";
      var body = CARD.formatted(more).getBytes();
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    var base = "http://127.0.0.1:" + server.getAddress().getPort();
    var plain = A2A.getAgentCard(base, "/plain.json", Map.of()).name();
    String refused = "";
    try {
      A2A.getAgentCard(base, "/more.json", Map.of());
    } catch (Exception | Error error) {
      refused = error.getCause().getMessage().replaceAll("^.*content: |[.] .*$", "");
    }
    System.out.println("plain: " + plain + " | with another field: refused, " + refused);
    System.exit(plain.equals("Answers") && refused.contains("protocolVersion") ? 0 : 1);
  }
}
JAVA
java -cp "$(cat classpath)" Show.java 2>/dev/null
