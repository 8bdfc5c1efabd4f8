package example;

import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/** A plain workflow: the bridge serves it as it is. */
@WorkflowInterface
public interface Quote {
  record Item(String sku, BigDecimal price, BigDecimal quantity) {}

  record Order(String customer, List<Item> items) {}

  record Price(String customer, BigDecimal net, BigDecimal tax, BigDecimal total) {}

  @WorkflowMethod
  Price quote(Order order);

  class Workflow implements Quote {
    @Override
    public Price quote(Order order) {
      if (order.items().isEmpty()) {
        // Only an ApplicationFailure ends a workflow; any other exception has its task tried again.
        throw ApplicationFailure.newFailure("the order has no items", "EmptyOrder");
      }
      BigDecimal net =
          order.items().stream()
              .map(item -> item.price().multiply(item.quantity()))
              .reduce(BigDecimal.ZERO, BigDecimal::add);
      BigDecimal tax = net.multiply(new BigDecimal("0.2"));
      return new Price(order.customer(), cents(net), cents(tax), cents(net.add(tax)));
    }

    private static BigDecimal cents(BigDecimal amount) {
      return amount.setScale(2, RoundingMode.HALF_UP);
    }
  }
}
