package example;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An agent that speaks A2A: it asks for a name and greets with a poem, whose lines appear as they are written. */
@WorkflowInterface
public interface Greeter {
  @WorkflowMethod
  Map<String, Object> greet(Map<String, Object> start);

  class Agent implements Greeter {
    private final Poet poet =
        Workflow.newActivityStub(
            Poet.class,
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(Duration.ofMinutes(5))
                .setHeartbeatTimeout(Duration.ofSeconds(30))
                .build());

    @Override
    public Map<String, Object> greet(Map<String, Object> start) {
      return A2aTask.run(start, this::greet);
    }

    private Map<String, Object> greet(A2aTask task) {
      // The workflow waits here, for days if need be. When the client cancels the task, what the workflow waits for
      // throws a CanceledFailure, and the task ends as TASK_STATE_CANCELED.
      String name = A2a.textOf(task.ask("What is your name?")).strip();
      if (name.isEmpty()) throw task.rejection("I only greet people who have a name.");

      task.working("Looking for words for " + name);
      int lines = poet.writePoem(name);
      Map<String, Object> data = A2a.data(Map.of("name", name, "lines", lines));
      return task.complete(A2a.artifact("greeting", A2a.text("Hello, " + name + "!"), data));
    }
  }

  @ActivityInterface
  interface Poet {
    /** Gives the number of lines. */
    int writePoem(String name);
  }

  class Verses implements Poet {
    @Override
    public int writePoem(String name) {
      List<String> lines =
          List.of(
              "Roses are red, " + name + ",",
              "violets are blue,",
              "a workflow remembers",
              "its greeting for you.");
      TaskReporter reporter = new TaskReporter();
      for (int i = 0; i < lines.size(); i++) {
        Map<String, Object> piece = A2a.artifact("poem", A2a.text(lines.get(i) + "\n"));
        reporter.report(A2a.artifactUpdate(piece, i > 0, i == lines.size() - 1));
        Activity.getExecutionContext().heartbeat(i);
        pause();
      }
      return lines.size();
    }

    private static void pause() {
      try {
        Thread.sleep(200);
      } catch (InterruptedException stopped) {
        throw Activity.wrap(stopped);
      }
    }
  }
}
