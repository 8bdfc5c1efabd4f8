// Runs the workflows and activities of this folder until Ctrl-C.
package main

import (
	"log"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"
)

func main() {
	// TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and the rest, or Temporal's configuration file.
	temporal, err := client.Dial(envconfig.MustLoadDefaultClientOptions())
	if err != nil {
		log.Fatalln("no connection to Temporal:", err)
	}
	defer temporal.Close()

	agents := worker.New(temporal, "go", worker.Options{})
	agents.RegisterWorkflow(Quote)
	agents.RegisterWorkflow(Greeter)
	agents.RegisterWorkflow(Offer)
	agents.RegisterActivity(WritePoem)
	if err := agents.Run(worker.InterruptCh()); err != nil {
		log.Fatalln("the worker has failed:", err)
	}
}
