// Runs the workflows of this folder. Argument: {queue, codec, build, behavior}, all but the first optional.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

type config struct {
	Queue    string `json:"queue"`
	Codec    bool   `json:"codec"`
	Build    string `json:"build"`
	Behavior string `json:"behavior"`
}

func main() {
	var wanted config
	if err := json.Unmarshal([]byte(os.Args[1]), &wanted); err != nil {
		log.Fatalln(err)
	}
	options := client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")}
	if wanted.Codec {
		options.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), shiftCodec{})
		options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter:          options.DataConverter,
			EncodeCommonAttributes: true,
		})
	}
	connected, err := client.Dial(options)
	if err != nil {
		log.Fatalln(err)
	}
	defer connected.Close()

	agents := worker.New(connected, wanted.Queue, worker.Options{
		MaxHeartbeatThrottleInterval: 100 * time.Millisecond,
		DeploymentOptions:            deployment(wanted),
	})
	workflows := map[string]any{
		"Outcome": outcome, "Typed": typed, "Script": script, "Caller": caller, "Vector": vector,
	}
	for name, run := range workflows {
		agents.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name})
	}
	agents.RegisterActivityWithOptions(fail, activity.RegisterOptions{Name: "fail"})
	agents.RegisterActivityWithOptions(signal, activity.RegisterOptions{Name: "signal"})
	agents.RegisterActivityWithOptions(failLike, activity.RegisterOptions{Name: "failLike"})
	reports := reporting{options.DataConverter}
	agents.RegisterActivityWithOptions(reports.report, activity.RegisterOptions{Name: "report"})
	if err := agents.Start(); err != nil {
		log.Fatalln(err)
	}
	fmt.Println("ready")
	<-worker.InterruptCh()
	agents.Stop()
}

func deployment(wanted config) worker.DeploymentOptions {
	if wanted.Build == "" {
		return worker.DeploymentOptions{}
	}
	if err := os.Setenv("BUILD_ID", wanted.Build); err != nil {
		log.Fatalln(err)
	}
	behavior := workflow.VersioningBehaviorPinned
	if wanted.Behavior == "AUTO_UPGRADE" {
		behavior = workflow.VersioningBehaviorAutoUpgrade
	}
	return worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: wanted.Queue, BuildID: wanted.Build},
		DefaultVersioningBehavior: behavior,
	}
}
