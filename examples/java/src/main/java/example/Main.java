package example;

import io.temporal.client.WorkflowClient;
import io.temporal.envconfig.ClientConfigProfile;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;

/** Runs the workflows and activities of this folder until Ctrl-C. */
public final class Main {
  public static void main(String[] args) throws IOException {
    // TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and the rest, or Temporal's configuration file.
    ClientConfigProfile profile = ClientConfigProfile.load();
    WorkflowServiceStubs service =
        WorkflowServiceStubs.newServiceStubs(profile.toWorkflowServiceStubsOptions());
    WorkflowClient client =
        WorkflowClient.newInstance(service, profile.toWorkflowClientOptions());

    WorkerFactory factory = WorkerFactory.newInstance(client);
    Worker worker = factory.newWorker("java");
    worker.registerWorkflowImplementationTypes(
        Quote.Workflow.class, Greeter.Agent.class, Offer.Caller.class);
    worker.registerActivitiesImplementations(new Greeter.Verses());
    factory.start();
    System.out.println("The worker polls the task queue java");
  }
}
