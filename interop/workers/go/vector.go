package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The types of A2A with nothing left out: what is not set is written as null.
type (
	vectorPart struct {
		Text      *string `json:"text"`
		Raw       *string `json:"raw"`
		URL       *string `json:"url"`
		Data      any     `json:"data"`
		Metadata  object  `json:"metadata"`
		Filename  *string `json:"filename"`
		MediaType *string `json:"mediaType"`
	}
	vectorMessage struct {
		MessageID        string       `json:"messageId"`
		Role             string       `json:"role"`
		Parts            []vectorPart `json:"parts"`
		TaskID           *string      `json:"taskId"`
		ContextID        *string      `json:"contextId"`
		Metadata         object       `json:"metadata"`
		Extensions       []string     `json:"extensions"`
		ReferenceTaskIDs []string     `json:"referenceTaskIds"`
	}
	vectorStatus struct {
		State     string         `json:"state"`
		Message   *vectorMessage `json:"message"`
		Timestamp *string        `json:"timestamp"`
	}
	vectorArtifact struct {
		ArtifactID  string       `json:"artifactId"`
		Parts       []vectorPart `json:"parts"`
		Name        *string      `json:"name"`
		Description *string      `json:"description"`
		Metadata    object       `json:"metadata"`
		Extensions  []string     `json:"extensions"`
	}
	vectorUpdate struct {
		StatusUpdate *struct {
			Status   vectorStatus `json:"status"`
			Metadata object       `json:"metadata"`
		} `json:"statusUpdate"`
		ArtifactUpdate *struct {
			Artifact  vectorArtifact `json:"artifact"`
			Append    *bool          `json:"append"`
			LastChunk *bool          `json:"lastChunk"`
			Metadata  object         `json:"metadata"`
		} `json:"artifactUpdate"`
	}
	vectorTask struct {
		ID        string           `json:"id"`
		ContextID *string          `json:"contextId"`
		Status    *vectorStatus    `json:"status"`
		Artifacts []vectorArtifact `json:"artifacts"`
		History   []vectorMessage  `json:"history"`
		Metadata  object           `json:"metadata"`
	}
	vectorStart struct {
		Task                vectorTask      `json:"task"`
		AgentID             string          `json:"agentId"`
		Message             vectorMessage   `json:"message"`
		Metadata            object          `json:"metadata"`
		AcceptedOutputModes []string        `json:"acceptedOutputModes"`
		Unread              []vectorMessage `json:"unread"`
	}
)

// vectorPayload is a payload of contract/vectors.
type vectorPayload struct {
	JSON        json.RawMessage `json:"json"`
	Encoding    string          `json:"encoding"`
	Text        string          `json:"text"`
	Base64      string          `json:"base64"`
	MessageType string          `json:"messageType"`
}

type vectorFailure struct {
	Message            string `json:"message"`
	ApplicationFailure struct {
		Type    string          `json:"type"`
		Details []vectorPayload `json:"details"`
	} `json:"applicationFailure"`
	ActivityFailure any            `json:"activityFailure"`
	TimeoutFailure  any            `json:"timeoutFailure"`
	Cause           *vectorFailure `json:"cause"`
}

type vectorEvent struct {
	Memo        *vectorPayload `json:"memo"`
	Signal      string         `json:"signal"`
	Argument    vectorPayload  `json:"argument"`
	ContinuedAs *vectorPayload `json:"continuedAsNew"`
	Completed   *vectorPayload `json:"completed"`
	Failed      *vectorFailure `json:"failed"`
	Raw         bool           `json:"raw"`
}

// vector is an agent that writes what a test vector of the contract says.
func vector(ctx workflow.Context, start vectorStart, events []vectorEvent) (any, error) {
	var wanted struct {
		Events []vectorEvent `json:"events"`
		Raw    bool          `json:"raw"`
	}
	if events != nil {
		wanted.Events = events
	} else if err := reread(start.Message.Parts[1].Data, &wanted); err != nil {
		return nil, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	for number, event := range wanted.Events {
		switch {
		case event.Memo != nil:
			update, err := event.Memo.as(&vectorUpdate{}, wanted.Raw)
			if err != nil {
				return nil, err
			}
			if err := workflow.UpsertMemo(ctx, object{"a2a_update": update}); err != nil {
				return nil, err
			}
		case event.Signal != "":
			event.Raw = wanted.Raw
			if err := workflow.ExecuteActivity(ctx, signal, event).Get(ctx, nil); err != nil {
				return nil, err
			}
		case event.ContinuedAs != nil:
			next, err := event.ContinuedAs.filled(ctx).as(&vectorStart{}, wanted.Raw)
			if err != nil {
				return nil, err
			}
			return nil, workflow.NewContinueAsNewError(ctx, "Vector", next, wanted.Events[number+1:])
		case event.Completed != nil:
			return event.Completed.filled(ctx).asResult(wanted.Raw)
		case event.Failed != nil && event.Failed.ActivityFailure != nil:
			ctx = workflow.WithStartToCloseTimeout(ctx, time.Second)
			return nil, workflow.ExecuteActivity(ctx, failLike, event.Failed.Cause).Get(ctx, nil)
		case event.Failed != nil:
			return nil, event.Failed.asError()
		}
	}
	return nil, workflow.Await(ctx, func() bool { return false })
}

// signal is an activity that sends the workflow what an event says.
func signal(ctx context.Context, event vectorEvent) error {
	var into any
	switch {
	case event.Signal == "a2a_update" && event.Argument.JSON[0] == '[':
		into = &[]vectorUpdate{}
	case event.Signal == "a2a_update":
		into = &vectorUpdate{}
	case event.Signal == "a2a_message":
		into = &vectorMessage{}
	default:
		event.Raw = true
	}
	argument, err := event.Argument.as(into, event.Raw)
	if err != nil {
		return err
	}
	to := activity.GetInfo(ctx).WorkflowExecution
	return activity.GetClient(ctx).SignalWorkflow(ctx, to.ID, to.RunID, event.Signal, argument)
}

// failLike is an activity.
func failLike(ctx context.Context, failure vectorFailure) error {
	if failure.TimeoutFailure != nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return failure.asError()
}

func (p vectorPayload) filled(ctx workflow.Context) vectorPayload {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	p.JSON = json.RawMessage(strings.ReplaceAll(string(p.JSON), "$workflow", id))
	return p
}

// as gives what the payload is to this worker: JSON in the type, or as it is.
func (p vectorPayload) as(into any, raw bool) (any, error) {
	switch {
	case p.Encoding == "" && string(p.JSON) == "null", p.Encoding == "binary/null":
		return nil, nil
	case p.Encoding == "" && raw:
		return p.JSON, nil
	case p.Encoding == "":
		return into, json.Unmarshal(p.JSON, into)
	}
	data := []byte(p.Text)
	if p.Base64 != "" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(p.Base64); err != nil {
			return nil, err
		}
	}
	if p.Encoding == "binary/plain" {
		return data, nil
	}
	metadata := map[string][]byte{converter.MetadataEncoding: []byte(p.Encoding)}
	if p.MessageType != "" {
		metadata[converter.MetadataMessageType] = []byte(p.MessageType)
	}
	return converter.NewRawValue(&common.Payload{Metadata: metadata, Data: data}), nil
}

func (p vectorPayload) asResult(raw bool) (any, error) {
	var fields struct {
		MessageID string `json:"messageId"`
		Total     any    `json:"total"`
		Status    any    `json:"status"`
	}
	var value any
	switch err := json.Unmarshal(p.JSON, &fields); {
	case err == nil && fields.MessageID != "":
		value = &vectorMessage{}
	case err == nil && fields.Status != nil && fields.Total == nil:
		value = &vectorTask{}
	default:
		return p.as(&value, raw)
	}
	return p.as(value, raw)
}

func (f vectorFailure) asError() error {
	var details []any
	for _, payload := range f.ApplicationFailure.Details {
		value, err := payload.as(nil, true)
		if err != nil {
			return fmt.Errorf("details: %w", err)
		}
		details = append(details, value)
	}
	return temporal.NewApplicationError(f.Message, f.ApplicationFailure.Type, details...)
}
