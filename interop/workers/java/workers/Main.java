package workers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.VersioningBehavior;
import io.temporal.common.WorkerDeploymentVersion;
import io.temporal.common.converter.CodecDataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerDeploymentOptions;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;

/** Runs the workflows of this folder. Argument: {queue, codec, build, behavior}, all but the first optional. */
public final class Main {
  public static void main(String[] args) throws Exception {
    JsonNode config = new ObjectMapper().readTree(args[0]);
    WorkflowServiceStubs service =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder()
                .setTarget(System.getenv("TEMPORAL_ADDRESS"))
                .build());
    WorkflowClientOptions.Builder client = WorkflowClientOptions.newBuilder();
    if (config.path("codec").asBoolean()) {
      client.setDataConverter(
          new CodecDataConverter(
              DefaultDataConverter.newDefaultInstance(), List.of(new ShiftCodec()), true));
    }
    WorkerFactory factory =
        WorkerFactory.newInstance(WorkflowClient.newInstance(service, client.build()));
    Worker worker = factory.newWorker(config.get("queue").asText(), options(config));
    worker.registerWorkflowImplementationTypes(
        Outcome.OutcomeWorkflow.class,
        Outcome.TypedWorkflow.class,
        Script.Agent.class,
        Caller.CallingWorkflow.class,
        Vector.VectorWorkflow.class);
    worker.registerActivitiesImplementations(
        new Outcome.FailingActivity(),
        new Script.ReportingActivity(),
        new Vector.StepActivities());
    factory.start();
    System.out.println("ready");
  }

  private static WorkerOptions options(JsonNode config) {
    WorkerOptions.Builder options =
        WorkerOptions.newBuilder().setMaxHeartbeatThrottleInterval(Duration.ofMillis(100));
    if (config.has("build")) {
      String build = config.get("build").asText();
      System.setProperty("BUILD_ID", build);
      options.setDeploymentOptions(
          WorkerDeploymentOptions.newBuilder()
              .setUseVersioning(true)
              .setVersion(new WorkerDeploymentVersion(config.get("queue").asText(), build))
              .setDefaultVersioningBehavior(
                  VersioningBehavior.valueOf(config.get("behavior").asText()))
              .build());
    }
    return options.build();
  }
}
