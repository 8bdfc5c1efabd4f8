package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
)

const greeting = "Grüße, 世界 👋"

// The same cases as in ../python/cases.py.
var cases = map[string]func(context.Context, *setting) (string, error){
	"card":          card,
	"extended-card": extendedCard,
	"send":          send,
	"stream":        stream,
	"get":           get,
	"list":          list,
	"cancel":        cancel,
	"subscribe":     subscribe,
	"multi-turn":    multiTurn,
	"push":          push,
	"push-in-send":  pushInSend,
	"push-list":     pushList,
	"push-delete":   pushDelete,
	"key-header": func(ctx context.Context, s *setting) (string, error) {
		return withKey(ctx, s, a2aclient.ServiceParams{"X-Api-Key": {s.Key}})
	},
	"key-bearer": func(ctx context.Context, s *setting) (string, error) {
		return withKey(ctx, s, a2aclient.ServiceParams{"Authorization": {"Bearer " + s.Key}})
	},
	"key-refused": keyRefused,
}

// Fails the case: what is expected of a call is not worth a branch each time.
type failure struct{ error }

func must[T any](value T, err error) T {
	if err != nil {
		panic(failure{err})
	}
	return value
}

func same(got, expected any, what string) {
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		panic(failure{fmt.Errorf("%s: expected %q, got %q", what, fmt.Sprint(expected), fmt.Sprint(got))})
	}
}

// The call must have failed, with the SDK's own error for that.
func refused(err, expected error, what string) {
	if !errors.Is(err, expected) {
		panic(failure{fmt.Errorf("%s: expected %q, got: %w", what, expected, err)})
	}
}

func ticks(from, to int) string {
	var text strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&text, "tick %d\n", n)
	}
	return text.String()
}

func card(ctx context.Context, s *setting) (string, error) {
	agentID, name := "ticker", "Ticker"
	if s.isV03GRPC() {
		agentID, name = "echo", "Echo"
	}
	seen := must(s.card(ctx, agentID))
	same(seen.Name, name, "name")
	same(seen.Capabilities.Streaming, true, "streaming")
	same(len(seen.Skills), 1, "skills")
	var bindings []string
	for _, each := range seen.SupportedInterfaces {
		bindings = append(bindings, string(each.ProtocolBinding))
	}
	same(slices.Contains(bindings, s.binding), true, fmt.Sprintf("%s among %v", s.binding, bindings))
	return strings.Join(bindings, ", "), nil
}

func extendedCard(ctx context.Context, s *setting) (string, error) {
	echo := must(s.connect(ctx, "echo", nil))
	seen := must(echo.GetExtendedAgentCard(ctx, &a2a.GetExtendedAgentCardRequest{}))
	var skills []string
	for _, skill := range seen.Skills {
		skills = append(skills, skill.ID)
	}
	same(skills, []string{"echo", "secret-echo"}, "skills")
	return strings.Join(skills, ", "), nil
}

func send(ctx context.Context, s *setting) (string, error) {
	echo := must(s.connect(ctx, "echo", nil))
	task := must(echo.send(ctx, greeting))
	same(task.Status.State, a2a.TaskStateCompleted, "state")
	same(artifactText(task, "echo"), greeting, "artifact")
	data := map[string]any{"nested": map[string]any{"list": []any{1.0, 2.5, "three", nil, true}}}
	echoed := must(echo.send(ctx, data))
	same(len(echoed.Artifacts), 1, "artifacts")
	got := must(json.Marshal(echoed.Artifacts[0].Parts[0].Data()))
	same(string(got), string(must(json.Marshal(data))), "data")
	same(task.ID == echoed.ID, false, "two sends made one task")
	return string(task.Status.State), nil
}

func stream(ctx context.Context, s *setting) (string, error) {
	ticker := must(s.connect(ctx, "ticker", nil))
	request := &a2a.SendMessageRequest{Message: message("5 every 50ms")}
	h := must(listen(ticker.SendStreamingMessage(ctx, request), nil))
	same(h.first, "*a2a.Task", "first event")
	same(h.ticks, []string{"tick 1 of 5", "tick 2 of 5", "tick 3 of 5", "tick 4 of 5", "tick 5 of 5"}, "ticks")
	same(h.chunks, ticks(1, 5), "artifact")
	same(h.last, a2a.TaskStateCompleted, "last state")
	return fmt.Sprintf("%d events", h.events), nil
}

func get(ctx context.Context, s *setting) (string, error) {
	echo := must(s.connect(ctx, "echo", nil))
	task := must(echo.send(ctx, "keep this"))
	full := must(echo.GetTask(ctx, &a2a.GetTaskRequest{ID: task.ID}))
	same(full.Status.State, a2a.TaskStateCompleted, "state")
	same(full.ContextID, task.ContextID, "context")
	same(artifactText(full, "echo"), "keep this", "artifact")
	same(len(full.History) > 0, true, "has a history")
	_, err := echo.GetTask(ctx, &a2a.GetTaskRequest{ID: a2a.NewTaskID()})
	refused(err, a2a.ErrTaskNotFound, "a task that does not exist")
	ticker := must(s.connect(ctx, "ticker", nil))
	_, err = ticker.GetTask(ctx, &a2a.GetTaskRequest{ID: task.ID})
	refused(err, a2a.ErrTaskNotFound, "another agent's task")
	return string(full.Status.State), nil
}

func list(ctx context.Context, s *setting) (string, error) {
	echo := must(s.connect(ctx, "echo", nil))
	first := must(echo.send(ctx, "one of two"))
	reply := message("two of two")
	reply.ContextID = first.ContextID
	second := must(echo.sendRequest(ctx, &a2a.SendMessageRequest{Message: reply}))
	var ids []a2a.TaskID
	// Visibility follows the history after a moment.
	for range 50 {
		ids = nil
		for _, task := range must(echo.ListTasks(ctx, &a2a.ListTasksRequest{ContextID: first.ContextID})).Tasks {
			ids = append(ids, task.ID)
		}
		if len(ids) == 2 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	same(ids, []a2a.TaskID{second.ID, first.ID}, "tasks, newest first")
	return fmt.Sprintf("%d tasks", len(ids)), nil
}

func cancel(ctx context.Context, s *setting) (string, error) {
	ticker := must(s.connect(ctx, "ticker", nil))
	task := must(ticker.begin(ctx, "900 every 100ms"))
	same(task.Status.State.Terminal(), false, "ended at once")
	canceled := must(ticker.CancelTask(ctx, &a2a.CancelTaskRequest{ID: task.ID}))
	same(canceled.Status.State, a2a.TaskStateCanceled, "state")
	after := must(ticker.GetTask(ctx, &a2a.GetTaskRequest{ID: task.ID}))
	same(after.Status.State, a2a.TaskStateCanceled, "state afterwards")
	_, err := ticker.CancelTask(ctx, &a2a.CancelTaskRequest{ID: task.ID})
	refused(err, a2a.ErrTaskNotCancelable, "cancelling it again")
	return string(canceled.Status.State), nil
}

func subscribe(ctx context.Context, s *setting) (string, error) {
	ticker := must(s.connect(ctx, "ticker", nil))
	task := must(ticker.begin(ctx, "50 every 100ms"))
	request := func() *a2a.SubscribeToTaskRequest { return &a2a.SubscribeToTaskRequest{ID: task.ID} }
	three := func(h *heard) bool { return len(h.ticks) >= 3 }
	before := must(listen(ticker.SubscribeToTask(ctx, request()), three))
	again := must(listen(ticker.SubscribeToTask(ctx, request()), nil))
	same(again.first, "*a2a.Task", "first event")
	same(again.snapshot+again.chunks, ticks(1, 50), "artifact")
	same(again.last, a2a.TaskStateCompleted, "last state")
	return fmt.Sprintf("%d ticks, then %d events", len(before.ticks), again.events), nil
}

func multiTurn(ctx context.Context, s *setting) (string, error) {
	interview := must(s.connect(ctx, "interview", nil))
	first := must(interview.send(ctx, "Ask me twice"))
	same(first.Status.State, a2a.TaskStateInputRequired, "state")
	same(messageText(first.Status.Message), "What is your name?", "question")
	second := must(interview.answer(ctx, first, "Ada"))
	same(second.ID, first.ID, "task")
	same(second.Status.State, a2a.TaskStateInputRequired, "second question")
	last := must(interview.answer(ctx, first, "green"))
	same(last.ID, first.ID, "task")
	same(last.Status.State, a2a.TaskStateCompleted, "end")
	same(artifactText(last, "answers"), "Your name is Ada. Your favourite color is green.", "artifact")
	_, err := interview.answer(ctx, first, "too late")
	refused(err, a2a.ErrUnsupportedOperation, "a message for a task that has ended")
	return string(last.Status.State), nil
}
