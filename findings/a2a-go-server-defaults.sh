#!/usr/bin/env bash
# a2a-go 2.4.0, NewHandler without options: operations of 1.0 over JSON-RPC. Expected: those of the specification.
# - ListTasks is refused as unauthenticated (code -31401) whatever the client sends, until the task store is given an
#   authenticator, though nothing else asks who is calling; also an agent without authentication has to make one up.
# - CancelTask on a task that is cancelled gives the task; the specification (3.1.5) has TaskNotCancelableError.
# - A message to a cancelled task is -32602 (invalid params), where it has UnsupportedOperationError, -32004 (3.1.1).
# - The header A2A-Version is not looked at: "0.3", "7.5" and none at all get answers of 1.0.
# - historyLength is ignored in the configuration of SendMessage, where GetTask honours it (3.2.4).
# Seen with: ListTasks: -31401 | cancel twice: TASK_STATE_CANCELED | then a message: -32602 | versions: 0.3 7.5 none
#   served | history 1, GetTask 0
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
)

type asks struct{}

func (asks) Execute(_ context.Context, call *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		if call.StoredTask == nil && !yield(a2a.NewSubmittedTask(call, call.Message), nil) {
			return
		}
		yield(a2a.NewStatusUpdateEvent(call, a2a.TaskStateInputRequired, nil), nil)
	}
}

func (asks) Cancel(_ context.Context, call *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		yield(a2a.NewStatusUpdateEvent(call, a2a.TaskStateCanceled, nil), nil)
	}
}

type answer struct {
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

func (a answer) task() (task a2a.Task) {
	wrapped := struct{ Task *a2a.Task }{&task}
	if json.Unmarshal(a.Result, &wrapped); task.ID == "" {
		json.Unmarshal(a.Result, &task)
	}
	return task
}

func main() {
	server := httptest.NewServer(a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(asks{})))
	defer server.Close()
	version := "1.0"
	call := func(method, params string) (a answer) {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
		request, _ := http.NewRequest("POST", server.URL, strings.NewReader(body))
		request.Header = http.Header{"Content-Type": {"application/json"}}
		if version != "none" {
			request.Header.Set("A2A-Version", version)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			panic(err)
		}
		bytes, _ := io.ReadAll(response.Body)
		if json.Unmarshal(bytes, &a) != nil {
			panic(string(bytes))
		}
		return a
	}
	message := `{"message":{"messageId":"m1","role":"ROLE_USER","parts":[{"text":"hi"}]%s}}`
	task := call("SendMessage", fmt.Sprintf(message, "")).task()
	list := call("ListTasks", `{}`)
	id := fmt.Sprintf(`{"id":%q}`, task.ID)
	call("CancelTask", id)
	again := call("CancelTask", id).task()
	late := call("SendMessage", fmt.Sprintf(message, fmt.Sprintf(`,"taskId":%q`, task.ID)))
	served := []string{}
	for _, version = range []string{"0.3", "7.5", "none"} {
		if call("SendMessage", fmt.Sprintf(message, "")).task().ID != "" {
			served = append(served, version)
		}
	}
	if list.Error == nil || late.Error == nil {
		panic("an error is no longer one")
	}
	version = "1.0"
	sent := call("SendMessage", `{"message":{"messageId":"m1","role":"ROLE_USER","parts":[{"text":"hi"}]},
		"configuration":{"historyLength":0}}`).task()
	got := call("GetTask", fmt.Sprintf(`{"id":%q,"historyLength":0}`, sent.ID)).task()
	fmt.Printf("ListTasks: %d | cancel twice: %s | then a message: %d | versions: %s served | history %d, GetTask %d\n",
		list.Error.Code, again.Status.State, late.Error.Code, strings.Join(served, " "),
		len(sent.History), len(got.History))
	if list.Error.Code != -31401 || again.Status.State != a2a.TaskStateCanceled || late.Error.Code != -32602 ||
		len(served) != 3 || len(sent.History) != 1 || len(got.History) != 0 {
		os.Exit(1)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/a2aproject/a2a-go/v2@v2.4.0 2>/dev/null
GOFLAGS=-mod=mod go run .
