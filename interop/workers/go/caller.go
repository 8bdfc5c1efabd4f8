package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-a2a-example/a2a"
)

// call is by a child workflow, or with an operation over Nexus.
type call struct {
	Queue     string          `json:"queue"`
	Endpoint  string          `json:"endpoint"`
	Operation string          `json:"operation"`
	Input     json.RawMessage `json:"input"`
	Timeout   int             `json:"timeout"`
}

// called is a SendMessageResponse, or a Task.
type called struct {
	Task *a2a.TaskData `json:"task"`
	a2a.TaskData
}

// caller is a plain workflow that calls agents as its argument says, and gives what came of each call.
func caller(ctx workflow.Context, want struct {
	Calls  []json.RawMessage `json:"calls"`
	Answer string            `json:"answer"`
}) (object, error) {
	questions := workflow.GetSignalChannel(ctx, "a2a_question")
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var asked struct {
				CallID string `json:"callId"`
			}
			questions.Receive(ctx, &asked)
			signaled := workflow.SignalExternalWorkflow(ctx, asked.CallID, "", "a2a_message", want.Answer)
			if err := signaled.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Error("answer", "error", err)
			}
		}
	})
	outcomes := []object{}
	taskID := ""
	for _, text := range want.Calls {
		names := strings.NewReplacer("$workflow", workflow.GetInfo(ctx).WorkflowExecution.ID, "$task", taskID)
		var next call
		if err := json.Unmarshal([]byte(names.Replace(string(text))), &next); err != nil {
			return nil, err
		}
		task, err := callAgent(ctx, next)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			outcomes = append(outcomes, failureOf(err))
			continue
		}
		taskID = task.ID
		outcomes = append(outcomes, summaryOf(task))
	}
	return object{"calls": outcomes}, nil
}

func callAgent(ctx workflow.Context, next call) (*a2a.TaskData, error) {
	var got called
	var err error
	if next.Operation == "" {
		ctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			TaskQueue:           next.Queue,
			ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
			WaitForCancellation: true,
		})
		err = workflow.ExecuteChildWorkflow(ctx, "a2aCall", next.Input).Get(ctx, &got)
	} else {
		if next.Timeout == 0 {
			next.Timeout = 60_000
		}
		agents := workflow.NewNexusClient(next.Endpoint, "A2AService")
		err = agents.ExecuteOperation(ctx, next.Operation, next.Input, workflow.NexusOperationOptions{
			ScheduleToCloseTimeout: time.Duration(next.Timeout) * time.Millisecond,
		}).Get(ctx, &got)
	}
	if got.Task == nil {
		got.Task = &got.TaskData
	}
	return got.Task, err
}

func summaryOf(task *a2a.TaskData) object {
	artifacts := map[string][]a2a.Part{}
	for _, artifact := range task.Artifacts {
		artifacts[artifact.Name] = artifact.Parts
	}
	summary := object{"state": task.Status.State, "says": nil, "artifacts": artifacts}
	if message := task.Status.Message; message != nil {
		summary["says"] = message.Text()
	}
	return summary
}

func failureOf(err error) object {
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return object{"type": "timeout", "state": nil}
	}
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) {
		return object{"type": "unknown", "state": nil}
	}
	var details struct {
		Task *a2a.TaskData `json:"task"`
	}
	if failure.HasDetails() && failure.Details(&details) == nil && details.Task != nil {
		return object{"type": failure.Type(), "state": details.Task.Status.State}
	}
	return object{"type": failure.Type(), "state": nil}
}
