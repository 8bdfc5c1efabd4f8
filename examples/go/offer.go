package main

import (
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-a2a-example/a2a"
)

type Prices struct {
	Once  float64 `json:"once"`
	Twice float64 `json:"twice"`
}

// Offer is a workflow two of whose steps are agents: these calls are as durable as the workflow itself. It tells what
// an order costs, and what twice as much of everything would.
func Offer(ctx workflow.Context, order Order) (*Prices, error) {
	once, err := byChildWorkflow(ctx, "quote", order)
	if err != nil {
		return nil, err
	}
	order.Items = slices.Clone(order.Items)
	for i := range order.Items {
		order.Items[i].Quantity *= 2
	}
	twice, err := byNexus(ctx, "quote", order)
	if err != nil {
		return nil, err
	}
	prices := &Prices{}
	if prices.Once, err = totalOf(once); err != nil {
		return nil, err
	}
	prices.Twice, err = totalOf(twice)
	return prices, err
}

// answer is A2A's SendMessageResponse.
type answer struct {
	Task    a2a.TaskData `json:"task"`
	Message *a2a.Message `json:"message"`
}

// byChildWorkflow is for workflows of the namespace that the bridge is in. It gives the agent's Task, which is
// COMPLETED.
func byChildWorkflow(ctx workflow.Context, agent string, data any) (a2a.TaskData, error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		TaskQueue: "temporal-a2a",
		// By default a workflow that ends terminates its children, and the agent would not hear of it.
		ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation: true,
	})
	call := map[string]any{
		"agent":   agent,
		"message": []a2a.Part{a2a.Data(data)},
		"options": map[string]any{"timeout": "5m"},
	}
	var got answer
	err := workflow.ExecuteChildWorkflow(ctx, "a2aCall", call).Get(ctx, &got)
	return got.Task, err
}

// byNexus is for workflows of any namespace. It gives the agent's Task, which is COMPLETED or asks.
func byNexus(ctx workflow.Context, agent string, data any) (a2a.TaskData, error) {
	agents := workflow.NewNexusClient("temporal-a2a", "A2AService")
	request := map[string]any{
		"tenant":  agent,
		"message": map[string]any{"parts": []a2a.Part{a2a.Data(data)}},
	}
	var got answer
	err := agents.ExecuteOperation(ctx, "SendMessage", request, workflow.NexusOperationOptions{
		ScheduleToCloseTimeout: 5 * time.Minute,
	}).Get(ctx, &got)
	return got.Task, err
}

func totalOf(task a2a.TaskData) (float64, error) {
	for _, artifact := range task.Artifacts {
		for _, part := range artifact.Parts {
			if data, ok := part["data"].(map[string]any); ok {
				if total, ok := data["total"].(float64); ok {
					return total, nil
				}
			}
		}
	}
	return 0, temporal.NewApplicationError("the quote has no total", "NoTotal")
}
