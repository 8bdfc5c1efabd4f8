package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-a2a-example/a2a"
)

// step is one thing that an agent does: one of its fields is set.
type step struct {
	Say           *string     `json:"say"`
	Ask           string      `json:"ask"`
	Next          bool        `json:"next"`
	Artifact      string      `json:"artifact"`
	Sleep         int         `json:"sleep"`
	Report        *reportPlan `json:"report"`
	Update        *a2a.Update `json:"update"`
	Fail          string      `json:"fail"`
	Reject        string      `json:"reject"`
	Build         bool        `json:"build"`
	ContinueAsNew bool        `json:"continueAsNew"`
}

type plan struct {
	Steps    []step          `json:"steps"`
	Give     json.RawMessage `json:"give"`
	OnCancel *struct {
		Say    string `json:"say"`
		Sleep  int    `json:"sleep"`
		Ignore bool   `json:"ignore"`
	} `json:"onCancel"`
}

// script is an agent that speaks A2A and does what the steps in its first message say, from number at on.
func script(ctx workflow.Context, start a2a.Start, at int) (any, error) {
	var given any
	result, err := a2a.Run(ctx, start, func(ctx workflow.Context, task *a2a.Task) (*a2a.TaskData, error) {
		var want plan
		if err := reread(task.Message().Parts[0]["data"], &want); err != nil {
			return nil, err
		}
		err := doSteps(ctx, task, want.Steps, at)
		if cleanUp := want.OnCancel; temporal.IsCanceledError(err) && cleanUp != nil {
			calm, _ := workflow.NewDisconnectedContext(ctx)
			if err := task.Working(calm, cleanUp.Say); err != nil {
				return nil, err
			}
			if err := workflow.Sleep(calm, milliseconds(cleanUp.Sleep)); err != nil {
				return nil, err
			}
			if cleanUp.Ignore {
				err = nil
			}
		}
		if err != nil {
			return nil, err
		}
		if want.Give != nil {
			return nil, json.Unmarshal(want.Give, &given)
		}
		return task.Complete(a2a.NewArtifact("result", a2a.Text("done"))), nil
	})
	if given != nil {
		return given, err
	}
	return result, err
}

func doSteps(ctx workflow.Context, task *a2a.Task, steps []step, at int) error {
	for number := at; number < len(steps); number++ {
		if steps[number].ContinueAsNew {
			return task.ContinueAsNew(ctx, "Script", number+1)
		}
		if err := do(ctx, task, steps[number]); err != nil {
			return err
		}
	}
	return nil
}

func do(ctx workflow.Context, task *a2a.Task, wanted step) error {
	switch {
	case wanted.Say != nil:
		return task.Working(ctx, *wanted.Say)
	case wanted.Next:
		message, err := task.NextMessage(ctx)
		if err != nil {
			return err
		}
		return task.Artifact(ctx, a2a.NewArtifact("next", a2a.Text(message.Text())))
	case wanted.Ask != "":
		answer, err := task.Ask(ctx, wanted.Ask)
		if err != nil {
			return err
		}
		return task.Artifact(ctx, a2a.NewArtifact("answer", a2a.Text(answer.Text())))
	case wanted.Artifact != "":
		return task.Artifact(ctx, a2a.NewArtifact(wanted.Artifact, a2a.Text(wanted.Artifact)))
	case wanted.Sleep > 0:
		return workflow.Sleep(ctx, milliseconds(wanted.Sleep))
	case wanted.Report != nil:
		ctx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 30 * time.Second,
			HeartbeatTimeout:    5 * time.Second,
			WaitForCancellation: true,
			RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond},
		})
		return workflow.ExecuteActivity(ctx, "report", *wanted.Report).Get(ctx, nil)
	case wanted.Update != nil:
		return task.Send(ctx, *wanted.Update)
	case wanted.Fail != "":
		return temporal.NewApplicationError(wanted.Fail, "Failed")
	case wanted.Reject != "":
		return task.Reject(wanted.Reject)
	case wanted.Build:
		return task.Artifact(ctx, a2a.NewArtifact("build", a2a.Text(os.Getenv("BUILD_ID"))))
	default:
		return temporal.NewApplicationError(fmt.Sprintf("no such step: %v", wanted), "NoStep")
	}
}

type reportPlan struct {
	Pieces      []string     `json:"pieces"`
	Gap         int          `json:"gap"`
	FailsOnceAt *int         `json:"failsOnceAt"`
	Raw         []a2a.Update `json:"raw"`
}

type reporting struct {
	// dataConverter is nil for the default one.
	dataConverter converter.DataConverter
}

// report is an activity that tells of pieces of an artifact with time between them; it fails after the first ones when
// it is to be retried.
func (r reporting) report(ctx context.Context, wanted reportPlan) error {
	reporter := &a2a.Reporter{DataConverter: r.dataConverter}
	for number, piece := range wanted.Pieces {
		if at := wanted.FailsOnceAt; at != nil && number == *at && activity.GetInfo(ctx).Attempt == 1 {
			return temporal.NewApplicationError("for a second attempt", "")
		}
		update := a2a.Update{ArtifactUpdate: &a2a.ArtifactUpdate{
			Artifact:  a2a.NewArtifact("report", a2a.Text(piece)),
			Append:    number > 0,
			LastChunk: number == len(wanted.Pieces)-1,
		}}
		if err := reporter.Report(ctx, update); err != nil {
			return err
		}
		activity.RecordHeartbeat(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(milliseconds(wanted.Gap)):
		}
	}
	for _, update := range wanted.Raw {
		if err := reporter.Report(ctx, update); err != nil {
			return err
		}
	}
	return nil
}

func milliseconds(count int) time.Duration {
	return time.Duration(count) * time.Millisecond
}

func reread(from, into any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
