package workers;

import example.A2a;
import example.A2aTask;
import example.TaskReporter;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An agent that speaks A2A and does what the steps in its first message say. */
@WorkflowInterface
public interface Script {
  /** @param at the first step to do; null for the first of all */
  @WorkflowMethod(name = "Script")
  Object run(Map<String, Object> start, Integer at);

  @ActivityInterface
  interface Reporting {
    @ActivityMethod(name = "report")
    void report(Map<String, Object> wanted);
  }

  class Agent implements Script {
    private final Reporting activities =
        Workflow.newActivityStub(
            Reporting.class,
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(Duration.ofSeconds(30))
                .setHeartbeatTimeout(Duration.ofSeconds(5))
                .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                .setRetryOptions(
                    RetryOptions.newBuilder().setInitialInterval(Duration.ofMillis(100)).build())
                .build());

    @Override
    public Object run(Map<String, Object> start, Integer at) {
      return A2aTask.run(
          start,
          task -> {
            Map<String, Object> wanted = map(maps(task.message().get("parts")).get(0).get("data"));
            try {
              doSteps(task, maps(wanted.get("steps")), at == null ? 0 : at);
            } catch (TemporalFailure failure) {
              Map<String, Object> cleanUp = map(wanted.get("onCancel"));
              if (cleanUp == null || !isCancellation(failure)) throw failure;
              Workflow.newDetachedCancellationScope(
                      () -> {
                        task.working((String) cleanUp.get("say"));
                        Workflow.sleep(milliseconds(cleanUp.get("sleep")));
                      })
                  .run();
              if (!Boolean.TRUE.equals(cleanUp.get("ignore"))) throw failure;
            }
            if (wanted.get("give") != null) return map(wanted.get("give"));
            return task.complete(A2a.artifact("result", A2a.text("done")));
          });
    }

    private void doSteps(A2aTask task, List<Map<String, Object>> steps, int at) {
      for (int number = at; number < steps.size(); number++) {
        Map.Entry<String, Object> step = steps.get(number).entrySet().iterator().next();
        if (step.getKey().equals("continueAsNew")) task.continueAsNew(number + 1);
        perform(task, step.getKey(), step.getValue());
      }
    }

    private void perform(A2aTask task, String kind, Object wanted) {
      switch (kind) {
        case "say" -> task.working((String) wanted);
        case "ask" -> tell(task, "answer", task.ask((String) wanted));
        case "next" -> tell(task, "next", task.nextMessage());
        case "artifact" -> task.artifact(A2a.artifact((String) wanted, A2a.text((String) wanted)));
        case "sleep" -> Workflow.sleep(milliseconds(wanted));
        case "report" -> activities.report(map(wanted));
        case "update" -> task.send(map(wanted));
        case "fail" -> throw ApplicationFailure.newFailure((String) wanted, "Failed");
        case "reject" -> throw task.rejection((String) wanted);
        case "build" ->
            task.artifact(A2a.artifact("build", A2a.text(System.getProperty("BUILD_ID"))));
        default -> throw ApplicationFailure.newFailure("no step " + kind, "NoStep");
      }
    }

    private static void tell(A2aTask task, String name, Map<String, Object> message) {
      task.artifact(A2a.artifact(name, A2a.text(A2a.textOf(message))));
    }

    private static boolean isCancellation(TemporalFailure failure) {
      return failure instanceof CanceledFailure
          || failure instanceof ActivityFailure && failure.getCause() instanceof CanceledFailure;
    }
  }

  class ReportingActivity implements Reporting {
    /** Tells of pieces of an artifact with time between them; fails after the first ones when it is to be retried. */
    @Override
    public void report(Map<String, Object> wanted) {
      TaskReporter reporter = new TaskReporter();
      List<?> pieces = (List<?>) wanted.get("pieces");
      for (int i = 0; i < pieces.size(); i++) {
        if (wanted.get("failsOnceAt") instanceof Integer at
            && i == at
            && Activity.getExecutionContext().getInfo().getAttempt() == 1) {
          throw ApplicationFailure.newFailure("for a second attempt", "Once");
        }
        Map<String, Object> piece = A2a.artifact("report", A2a.text((String) pieces.get(i)));
        reporter.report(A2a.artifactUpdate(piece, i > 0, i == pieces.size() - 1));
        Activity.getExecutionContext().heartbeat(i);
        pause(wanted.get("gap"));
      }
      maps(wanted.get("raw")).forEach(reporter::report);
    }

    private static void pause(Object gap) {
      try {
        Thread.sleep(milliseconds(gap).toMillis());
      } catch (InterruptedException stopped) {
        throw Activity.wrap(stopped);
      }
    }
  }

  private static Duration milliseconds(Object count) {
    return Duration.ofMillis(count == null ? 0 : ((Number) count).longValue());
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> maps(Object value) {
    return value == null ? List.of() : (List<Map<String, Object>>) value;
  }
}
