package example;

import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.NexusOperationOptions;
import io.temporal.workflow.NexusServiceOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A workflow two of whose steps are agents: these calls are as durable as the workflow itself. */
@WorkflowInterface
public interface Offer {
  record Prices(Number once, Number twice) {}

  /** What an order costs, and what twice as much of everything would. */
  @WorkflowMethod
  Prices offer(Quote.Order order);

  class Caller implements Offer {
    @Override
    public Prices offer(Quote.Order order) {
      List<Quote.Item> more =
          order.items().stream()
              .map(item -> new Quote.Item(item.sku(), item.price(), item.quantity().multiply(BigDecimal.valueOf(2))))
              .toList();
      Map<String, Object> once = byChildWorkflow("quote", order);
      Map<String, Object> twice = byNexus("quote", new Quote.Order(order.customer(), more));
      return new Prices(totalOf(once), totalOf(twice));
    }

    /** For workflows of the namespace that the bridge is in. Gives the agent's Task, which is COMPLETED. */
    private static Map<String, Object> byChildWorkflow(String agent, Object data) {
      ChildWorkflowOptions options =
          ChildWorkflowOptions.newBuilder()
              .setTaskQueue("temporal-a2a")
              // By default a workflow that ends terminates its children, and the agent would not hear of it.
              .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL)
              .build();
      Map<String, Object> call =
          Map.of(
              "agent", agent,
              "message", List.of(A2a.data(data)),
              "options", Map.of("timeout", "5m"));
      Map<?, ?> answer =
          Workflow.newUntypedChildWorkflowStub("a2aCall", options).execute(Map.class, call);
      return A2a.map(answer.get("task"));
    }

    /** For workflows of any namespace. Gives the agent's Task, which is COMPLETED or asks. */
    private static Map<String, Object> byNexus(String agent, Object data) {
      NexusServiceOptions options =
          NexusServiceOptions.newBuilder()
              .setEndpoint("temporal-a2a")
              .setOperationOptions(
                  NexusOperationOptions.newBuilder()
                      .setScheduleToCloseTimeout(Duration.ofMinutes(5))
                      .build())
              .build();
      Map<String, Object> request =
          Map.of("tenant", agent, "message", Map.of("parts", List.of(A2a.data(data))));
      Map<?, ?> answer =
          Workflow.newUntypedNexusServiceStub("A2AService", options)
              .execute("SendMessage", Map.class, request);
      return A2a.map(answer.get("task"));
    }

    private static Number totalOf(Map<String, Object> task) {
      Map<String, Object> artifact = A2a.maps(task.get("artifacts")).get(0);
      Map<String, Object> part = A2a.maps(artifact.get("parts")).get(0);
      return (Number) A2a.map(part.get("data")).get("total");
    }
  }
}
