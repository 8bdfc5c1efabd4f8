package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"temporal-a2a-example/a2a"
)

// Greeter is an agent that speaks A2A: it asks for a name and greets with a poem, whose lines appear as they are
// written.
func Greeter(ctx workflow.Context, start a2a.Start) (*a2a.TaskData, error) {
	return a2a.Run(ctx, start, greet)
}

func greet(ctx workflow.Context, task *a2a.Task) (*a2a.TaskData, error) {
	// The workflow waits here, for days if need be. When the client cancels the task, what the workflow waits for
	// gives a CanceledError; returned, it ends the task as TASK_STATE_CANCELED.
	answer, err := task.Ask(ctx, "What is your name?")
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(answer.Text())
	if name == "" {
		return nil, task.Reject("I only greet people who have a name.")
	}

	if err := task.Working(ctx, "Looking for words for "+name); err != nil {
		return nil, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
	})
	var lines int
	if err := workflow.ExecuteActivity(ctx, WritePoem, name).Get(ctx, &lines); err != nil {
		return nil, err
	}
	data := map[string]any{"name": name, "lines": lines}
	return task.Complete(a2a.NewArtifact("greeting", a2a.Text(fmt.Sprintf("Hello, %s!", name)), a2a.Data(data))), nil
}

// WritePoem is an activity; it gives the number of lines.
func WritePoem(ctx context.Context, name string) (int, error) {
	lines := []string{"Roses are red, " + name + ",", "violets are blue,", "a workflow remembers", "its greeting for you."}
	reporter := &a2a.Reporter{}
	for number, line := range lines {
		update := a2a.Update{ArtifactUpdate: &a2a.ArtifactUpdate{
			Artifact:  a2a.NewArtifact("poem", a2a.Text(line+"\n")),
			Append:    number > 0,
			LastChunk: number == len(lines)-1,
		}}
		if err := reporter.Report(ctx, update); err != nil {
			return 0, err
		}
		activity.RecordHeartbeat(ctx)
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return len(lines), nil
}
