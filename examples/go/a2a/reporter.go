package a2a

import (
	"context"
	"fmt"
	"sync"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
)

// Reporter reports updates of the task from an activity. Make one for each attempt.
type Reporter struct {
	// DataConverter has to be that of the client, which an activity cannot ask for; nil is the default one. With a codec
	// on the client, updates are stored in clear without it.
	DataConverter converter.DataConverter

	mutex    sync.Mutex
	reported int
}

// Report sends updates as one signal. A retried activity has to report the same things in the same order: then
// each is stored once, by a request ID, which client.SignalWorkflow cannot set.
func (r *Reporter) Report(ctx context.Context, updates ...Update) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.reported++
	info := activity.GetInfo(ctx)
	dataConverter := r.DataConverter
	if dataConverter == nil {
		dataConverter = converter.GetDefaultDataConverter()
	}
	input, err := dataConverter.ToPayloads(updates)
	if err != nil {
		return err
	}
	execution := info.WorkflowExecution
	_, err = activity.GetClient(ctx).WorkflowService().SignalWorkflowExecution(ctx,
		&workflowservice.SignalWorkflowExecutionRequest{
			Namespace:         info.WorkflowNamespace,
			WorkflowExecution: &common.WorkflowExecution{WorkflowId: execution.ID, RunId: execution.RunID},
			SignalName:        updateName,
			Input:             input,
			RequestId:         fmt.Sprintf("%s/%s/%d", execution.RunID, info.ActivityID, r.reported),
		})
	return err
}
