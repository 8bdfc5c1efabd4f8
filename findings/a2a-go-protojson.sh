#!/usr/bin/env bash
# a2a-go 2.4.0, server over JSON-RPC: JSON that every ProtoJSON parser has to accept; the specification (5.5) follows
# ProtoJSON. Expected: accepted, as by the SDKs of Python (a2a-sdk 1.3.0) and JavaScript (@a2a-js/sdk 1.3.0).
# - Refused are base64 without padding or with the URL-safe letters, enum numbers, the proto's names of fields
#   (message_id), whole numbers written as 1.0 or "1", and a part with the value null (data: null), which the SDK itself
#   writes for NewDataPart(nil). What is not base64, or has no content that it knows, is a parse error, -32700.
# Seen with: plain: ok | unpadded: -32700 | URL-safe: -32700 | enum number: -32602 | message_id: -32602 | 1.0: -32602 |
#   "1": -32602 | null: -32700 | written by the SDK: {"data":null}
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
	call := func(method, params string) (a answer) {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
		request, _ := http.NewRequest("POST", server.URL, strings.NewReader(body))
		request.Header = http.Header{"Content-Type": {"application/json"}, "A2a-Version": {"1.0"}}
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

	written, _ := json.Marshal(a2a.NewDataPart(nil))
	message := func(role, id, part, more string) string {
		return fmt.Sprintf(`{"message":{%s:"m1","role":%s,"parts":[%s]}%s}`, id, role, part, more)
	}
	id, user, text := `"messageId"`, `"ROLE_USER"`, `{"text":"hi"}`
	length := `,"configuration":{"historyLength":%s}`
	cases := []struct {
		name, params string
		code         int
	}{
		{"plain", message(user, id, `{"raw":"aGk="}`, fmt.Sprintf(length, "1")), 0},
		{"unpadded", message(user, id, `{"raw":"aGk"}`, ""), -32700},
		{"URL-safe", message(user, id, `{"raw":"-_-_"}`, ""), -32700},
		{"enum number", message("1", id, text, ""), -32602},
		{"message_id", message(user, `"message_id"`, text, ""), -32602},
		{"1.0", message(user, id, text, fmt.Sprintf(length, "1.0")), -32602},
		{`"1"`, message(user, id, text, fmt.Sprintf(length, `"1"`)), -32602},
		{"null", message(user, id, string(written), ""), -32700},
	}
	ok := true
	for _, each := range cases {
		code, said := 0, "ok"
		if failure := call("SendMessage", each.params).Error; failure != nil {
			code, said = failure.Code, fmt.Sprint(failure.Code)
		}
		ok = ok && code == each.code
		fmt.Printf("%s: %s | ", each.name, said)
	}
	fmt.Printf("written by the SDK: %s\n", written)
	if !ok || string(written) != `{"data":null}` {
		os.Exit(1)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/a2aproject/a2a-go/v2@v2.4.0 2>/dev/null
GOFLAGS=-mod=mod go run .
