package a2a

import (
	"errors"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	messageSignal = "a2a_message"
	updateName    = "a2a_update"
	taskQuery     = "a2a_task"
	rejectedType  = "A2A_REJECTED"
)

var (
	stateKey     = temporal.NewSearchAttributeKeyKeyword("A2aState")
	updatedAtKey = temporal.NewSearchAttributeKeyTime("A2aUpdatedAt")
)

// Task is the A2A task that a workflow is.
type Task struct {
	Start Start
	task  TaskData
	// Messages that the workflow has not read yet.
	unread            []Message
	messages, updates workflow.ReceiveChannel
}

// Run is the body of a workflow that is an agent:
//
//	func Greeter(ctx workflow.Context, start a2a.Start) (*a2a.TaskData, error) {
//		return a2a.Run(ctx, start, greet)
//	}
//
// The task ends as agent ends: with a task that [Task.Complete] has made, or with an error.
func Run(
	ctx workflow.Context,
	start Start,
	agent func(workflow.Context, *Task) (*TaskData, error),
) (*TaskData, error) {
	task, err := newTask(ctx, start)
	if err != nil {
		return nil, err
	}
	result, err := agent(ctx, task)
	if state := endOf(result, err); state != "" {
		if err := upsertState(ctx, state); err != nil {
			return nil, err
		}
	}
	return result, err
}

func newTask(ctx workflow.Context, start Start) (*Task, error) {
	t := &Task{Start: start, task: start.Task, unread: start.Unread}
	// It is there after continue-as-new.
	if t.task.Status == nil {
		begun := workflow.GetInfo(ctx).WorkflowStartTime
		t.task.Status = &Status{State: Submitted, Timestamp: timestamp(begun)}
		t.task.History = []Message{t.withIDs(start.Message)}
	}
	t.messages = workflow.GetSignalChannel(ctx, messageSignal)
	t.updates = workflow.GetSignalChannel(ctx, updateName)
	workflow.Go(ctx, t.receive)
	return t, workflow.SetQueryHandler(ctx, taskQuery, func() (TaskData, error) { return t.task, nil })
}

// Message is the one that made the task.
func (t *Task) Message() Message { return t.Start.Message }

// Working reports progress, which readers of the stream see. The text may be empty.
func (t *Task) Working(ctx workflow.Context, text string) error {
	return t.status(ctx, Working, text)
}

// Artifact reports a whole artifact, which replaces one with the same ID.
func (t *Task) Artifact(ctx workflow.Context, artifact Artifact) error {
	return t.Send(ctx, Update{ArtifactUpdate: &ArtifactUpdate{Artifact: artifact, LastChunk: true}})
}

// Ask stops for the client, however long it takes, and gives its next message.
func (t *Task) Ask(ctx workflow.Context, question string) (Message, error) {
	if err := t.status(ctx, InputRequired, question); err != nil {
		return Message{}, err
	}
	message, err := t.NextMessage(ctx)
	if err != nil {
		return Message{}, err
	}
	return message, t.Working(ctx, "")
}

// NextMessage waits for a message of the client without telling it so.
func (t *Task) NextMessage(ctx workflow.Context) (Message, error) {
	if err := workflow.Await(ctx, func() bool { return len(t.unread) > 0 }); err != nil {
		return Message{}, err
	}
	message := t.unread[0]
	t.unread = t.unread[1:]
	return message, nil
}

// Complete gives the result of the workflow; the artifacts are added to those that were sent before.
func (t *Task) Complete(artifacts ...Artifact) *TaskData {
	status := &Status{State: Completed}
	return &TaskData{ID: t.task.ID, ContextID: t.task.ContextID, Status: status, Artifacts: artifacts}
}

// Reject gives the error that ends the task as TASK_STATE_REJECTED.
func (t *Task) Reject(reason string) error {
	return temporal.NewNonRetryableApplicationError(reason, rejectedType, nil)
}

// ContinueAsNew gives the error with which the workflow goes on with a short history; readers do not notice. Only
// while no activity runs. args are the further arguments of the workflow.
func (t *Task) ContinueAsNew(ctx workflow.Context, agent any, args ...any) error {
	// A signal that came with this workflow task is lost unless it is taken now.
	var message Message
	for t.messages.ReceiveAsync(&message) {
		t.onMessage(message)
		message = Message{}
	}
	next := t.Start
	next.Task, next.Unread = t.task, t.unread
	return workflow.NewContinueAsNewError(ctx, agent, append([]any{next}, args...)...)
}

// Send writes an update into the history, where every reader finds it.
func (t *Task) Send(ctx workflow.Context, update Update) error {
	for _, value := range []any{update, nil} {
		if err := workflow.UpsertMemo(ctx, map[string]any{updateName: value}); err != nil {
			return err
		}
	}
	return t.apply(ctx, update)
}

func (t *Task) status(ctx workflow.Context, state, text string) error {
	status := Status{State: state, Timestamp: timestamp(workflow.Now(ctx))}
	if text != "" {
		id, err := uuid.NewRandomFromReader(workflow.GetRandomStream(ctx, "a2a"))
		if err != nil {
			return err
		}
		status.Message = &Message{MessageID: id.String(), Role: "ROLE_AGENT", Parts: []Part{Text(text)}}
	}
	return t.Send(ctx, Update{StatusUpdate: &StatusUpdate{Status: status}})
}

// receive takes signals for as long as the workflow runs.
func (t *Task) receive(ctx workflow.Context) {
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(t.messages, func(channel workflow.ReceiveChannel, _ bool) {
		var message Message
		channel.Receive(ctx, &message)
		t.onMessage(message)
	})
	selector.AddReceive(t.updates, func(channel workflow.ReceiveChannel, _ bool) {
		var updates []Update
		channel.Receive(ctx, &updates)
		for _, update := range updates {
			if err := t.apply(ctx, update); err != nil {
				workflow.GetLogger(ctx).Error("update of the task", "error", err)
			}
		}
	})
	for {
		selector.Select(ctx)
	}
}

func (t *Task) onMessage(message Message) {
	if t.remember(message) {
		t.unread = append(t.unread, message)
	}
}

func upsertState(ctx workflow.Context, state string) error {
	return workflow.UpsertTypedSearchAttributes(
		ctx, stateKey.ValueSet(state), updatedAtKey.ValueSet(workflow.Now(ctx)))
}

// endOf gives the state in which a task ends whose workflow does; empty when it goes on as new, and when the bridge
// itself has to find out.
func endOf(result *TaskData, err error) string {
	switch {
	case err == nil && result != nil && result.Status != nil:
		return result.Status.State
	case err == nil:
		return ""
	case workflow.IsContinueAsNewError(err):
		return ""
	case temporal.IsCanceledError(err):
		return Canceled
	case typeOf(err) == rejectedType:
		return Rejected
	default:
		return Failed
	}
}

// typeOf gives the type of the outermost ApplicationError, which an activity or a child workflow may have wrapped.
func typeOf(err error) string {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		return failure.Type()
	}
	return ""
}
