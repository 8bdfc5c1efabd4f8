package main

import (
	"context"
	"errors"
	"math"
	"math/big"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

type note struct {
	Title string   `json:"title"`
	Body  *string  `json:"body"`
	Tags  []string `json:"tags"`
}

type wanted struct {
	Give     string `json:"give"`
	Raise    string `json:"raise"`
	Cause    string `json:"cause"`
	Activity string `json:"activity"`
	Child    string `json:"child"`
	Sleep    int    `json:"sleep"`
	Again    int    `json:"again"`
}

type object = map[string]any

var execution = &common.WorkflowExecution{WorkflowId: "w", RunId: "r"}

var results = map[string]any{
	"object":          object{"a": 1, "list": []any{1, "two", nil}, "deep": object{"yes": true}},
	"record":          note{Title: "a note"},
	"string":          "héllo ✓ 🎉",
	"empty":           "",
	"list":            []any{1, "two", nil},
	"number":          42,
	"boolean":         false,
	"none":            nil,
	"bytes":           []byte("\x00\xffbytes"),
	"protobuf":        execution,
	"protobuf-binary": binaryProtobuf(),
	"nan":             object{"x": math.NaN(), "most": math.Inf(1), "least": math.Inf(-1)},
	"big":             object{"integer": new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(1)), "float": 1e300},
	"foreign":         raw("?", "binary/foreign"),
	"no-encoding":     raw("?", ""),
	"truncated":       raw(`{"a":`, "json/plain"),
	"message": object{
		"messageId": "the-answer", "role": "ROLE_AGENT", "parts": []any{object{"text": "the answer"}},
		"metadata": nil, "extensions": nil,
	},
	"task-of-nulls": object{
		"id": "of its own", "contextId": nil,
		"status":    object{"state": "TASK_STATE_FAILED", "message": nil, "timestamp": nil},
		"artifacts": nil, "history": nil, "metadata": nil,
	},
}

var failures = map[string]func() error{
	"application":       func() error { return temporal.NewApplicationError("card declined", "CardDeclined") },
	"details":           func() error { return withDetails(object{"code": 51}) },
	"details-protobuf":  func() error { return withDetails(execution) },
	"details-bytes":     func() error { return withDetails([]byte("\x00\xff")) },
	"details-foreign":   func() error { return withDetails(raw("?", "binary/foreign")) },
	"details-truncated": func() error { return withDetails(raw(`{"a":`, "json/plain")) },
	"empty":             func() error { return temporal.NewApplicationError("", "") },
	"rejected":          func() error { return temporal.NewApplicationError("not my business", "A2A_REJECTED") },
	"exception":         func() error { return errors.New("a bug") },
	"panic":             func() error { panic("a bug") },
}

func withDetails(details any) error {
	return temporal.NewApplicationError("card declined", "CardDeclined", details)
}

func raw(data, encoding string) converter.RawValue {
	metadata := map[string][]byte{}
	if encoding != "" {
		metadata[converter.MetadataEncoding] = []byte(encoding)
	}
	return converter.NewRawValue(&common.Payload{Metadata: metadata, Data: []byte(data)})
}

func binaryProtobuf() converter.RawValue {
	payload, err := converter.NewProtoPayloadConverter().ToPayload(execution)
	if err != nil {
		panic(err)
	}
	return converter.NewRawValue(payload)
}

// fail is an activity.
func fail(ctx context.Context, how string) error {
	if how == "timeout" {
		<-ctx.Done()
		return ctx.Err()
	}
	return failures[how]()
}

// outcome is a plain workflow that ends in whatever way its argument names.
func outcome(ctx workflow.Context, want wanted) (any, error) {
	if want.Sleep > 0 {
		if err := workflow.Sleep(ctx, time.Duration(want.Sleep)*time.Millisecond); err != nil {
			return nil, err
		}
	}
	if want.Raise != "" {
		return nil, failures[want.Raise]()
	}
	if want.Cause != "" {
		options := temporal.ApplicationErrorOptions{Cause: failures[want.Cause]()}
		return nil, temporal.NewApplicationErrorWithOptions("the outer reason", "Outer", options)
	}
	if want.Activity != "" {
		options := workflow.ActivityOptions{
			StartToCloseTimeout: 10 * time.Second,
			RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		}
		if want.Activity == "timeout" {
			options.StartToCloseTimeout = 200 * time.Millisecond
		}
		ctx := workflow.WithActivityOptions(ctx, options)
		if err := workflow.ExecuteActivity(ctx, fail, want.Activity).Get(ctx, nil); err != nil {
			return nil, err
		}
	}
	if want.Child != "" {
		err := workflow.ExecuteChildWorkflow(ctx, "Outcome", wanted{Raise: want.Child}).Get(ctx, nil)
		if err != nil {
			return nil, err
		}
	}
	if want.Again > 0 {
		want.Again--
		return nil, workflow.NewContinueAsNewError(ctx, "Outcome", want)
	}
	if want.Give == "too-large" {
		return string(make([]byte, 2_200_000)), nil
	}
	return results[want.Give], nil
}

// typed takes an object of a type of its own.
func typed(_ workflow.Context, about note) (string, error) {
	return about.Title, nil
}
