#!/usr/bin/env bash
# dev.langchain4j:langchain4j-agentic-a2a 1.14.1-beta24 (Java), an agent made with AgenticServices.a2aBuilder(), with an agent on
# @a2a-js/sdk 0.3.14:
# a task that fails or asks, without an artifact, is an empty answer: no exception, and neither the reason nor the question,
# which stand in the status message. The artifacts of a task that fails (half) are its answer, as if it had completed. An artifact
# whose only part is data is an empty answer, too.
# Expected: an exception that says why a task has failed; the question, or an exception; data as JSON, or an exception.
# Seen with: done: "alpha" | fails: "" | half: "alpha" | asks: "" | data: ""
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @a2a-js/sdk@0.3.14 express@5.2.1 >/dev/null
cat > server.js <<'JS'
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { A2AExpressApp } from '@a2a-js/sdk/server/express';
import express from 'express';

const text = (words) => [{ kind: 'text', text: words }];
const orders = {
  done: ['completed', text('alpha')],
  fails: ['failed'],
  half: ['failed', text('alpha')],
  asks: ['input-required'],
  data: ['completed', [{ kind: 'data', data: { orders: [1, 2] } }]],
};

class Shop {
  async execute({ taskId, contextId, userMessage }, bus) {
    const [state, parts] = orders[userMessage.parts[0].text];
    bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' }, history: [userMessage] });
    if (parts) bus.publish({ kind: 'artifact-update', taskId, contextId, artifact: { artifactId: 'a', parts }, lastChunk: true });
    const message = { kind: 'message', role: 'agent', messageId: `of-${taskId}`, taskId, contextId, parts: text('Which order?') };
    bus.publish({ kind: 'status-update', taskId, contextId, status: { state, message }, final: true });
    bus.finished();
  }

  async cancelTask() {}
}

const app = express();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
const card = {
  name: 'shop', description: 'Sells', url, version: '1.0.0', protocolVersion: '0.3.0', skills: [], preferredTransport: 'JSONRPC',
  capabilities: { streaming: true }, defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
};
new A2AExpressApp(new DefaultRequestHandler(card, new InMemoryTaskStore(), new Shop())).setupRoutes(app);
writeFileSync('url', url);
JS
node server.js >server.log 2>&1 &
server=$!
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>show</groupId>
  <artifactId>show</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>dev.langchain4j</groupId>
      <artifactId>langchain4j-agentic-a2a</artifactId>
      <version>1.14.1-beta24</version>
    </dependency>
  </dependencies>
</project>
XML
cat > Show.java <<'JAVA'
import dev.langchain4j.agentic.AgenticServices;
import dev.langchain4j.agentic.UntypedAgent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

public class Show {
    public static void main(String[] args) {
        UntypedAgent shop = AgenticServices.a2aBuilder(args[0]).inputKeys("order").build();
        List<String> seen = new ArrayList<>();
        for (String order : List.of("done", "fails", "half", "asks", "data")) {
            String answer;
            try {
                answer = "\"" + shop.invoke(Map.of("order", order)) + "\"";
            } catch (RuntimeException error) {
                answer = error.toString();
            }
            seen.add(order + ": " + answer);
        }
        String all = String.join(" | ", seen);
        System.out.println(all);
        System.exit(all.equals("done: \"alpha\" | fails: \"\" | half: \"alpha\" | asks: \"\" | data: \"\"") ? 0 : 1);
    }
}
JAVA
goal=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath
mvn --batch-mode --quiet "$goal" -Dmdep.outputFile=classpath
for _ in $(seq 60); do [ -s url ] && break; sleep 0.5; done
timeout 60 java -cp "$(cat classpath)" Show.java "$(cat url)" 2>java.log || { tail -5 java.log; exit 1; }
