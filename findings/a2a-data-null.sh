#!/usr/bin/env bash
# a2a-go 2.4.0 as the client, @a2a-js/sdk 1.3.0 as the server: a data part whose value is null, which is any JSON value.
# Expected: it comes back as it was sent.
# - The client writes NewDataPart(nil) as {"data":null}, and cannot read it. The server turns it into a part without
#   content, {}, which the client cannot read either: what it has sent itself makes GetTask fail, and ListTasks for all
#   tasks of that page.
# Seen with: null in a list: <nil> | null: unreadable: true | stored as: {} {"data":[null]} | list of 2: failed to
#   unmarshal response: unknown part content type: []
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > server.mjs <<'JS'
import express from 'express';
import { AgentCard, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent, DefaultRequestHandler, InMemoryPushNotificationStore, InMemoryTaskStore,
} from '@a2a-js/sdk/server';
import { UserBuilder, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';

const executor = {
  async execute({ taskId, contextId, userMessage, task }, bus) {
    const status = (state) => ({ state, message: undefined, timestamp: undefined });
    if (!task) {
      const submitted = status(TaskState.TASK_STATE_SUBMITTED);
      bus.publish(AgentEvent.task({
        id: taskId, contextId, status: submitted, history: [userMessage], artifacts: [], metadata: undefined,
      }));
    }
    const asking = status(TaskState.TASK_STATE_INPUT_REQUIRED);
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: asking, metadata: undefined }));
    bus.finished();
  },
  async cancelTask() {},
};
const card = AgentCard.fromJSON({
  name: 'Asks', capabilities: { streaming: true, pushNotifications: true },
  supportedInterfaces: ['JSONRPC', 'HTTP+JSON'].map((protocolBinding) => ({
    url: 'http://127.0.0.1/', protocolBinding, protocolVersion: '1.0',
  })),
});
const store = new InMemoryPushNotificationStore();
const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor, undefined, store);
const options = { requestHandler, userBuilder: UserBuilder.noAuthentication };
const app = express().use('/rpc', jsonRpcHandler(options)).use('/', restHandler(options));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS
cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
)

func connect(path string, binding a2a.TransportProtocol) *a2aclient.Client {
	url := fmt.Sprintf("http://127.0.0.1:%s%s", os.Args[1], path)
	client, err := a2aclient.NewFromEndpoints(
		context.Background(), []*a2a.AgentInterface{a2a.NewAgentInterface(url, binding)})
	if err != nil {
		panic(err)
	}
	return client
}

func main() {
	ctx := context.Background()
	client := connect("/rpc", a2a.TransportProtocolJSONRPC)
	send := func(data any) error {
		message := a2a.NewMessage(a2a.MessageRoleUser, a2a.NewDataPart(data))
		_, err := client.SendMessage(ctx, &a2a.SendMessageRequest{Message: message})
		return err
	}
	inList := send([]any{nil})
	alone := send(nil)
	_, list := client.ListTasks(ctx, &a2a.ListTasksRequest{PageSize: 2})

	body := `{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{"pageSize":2}}`
	request, _ := http.NewRequest("POST", "http://127.0.0.1:"+os.Args[1]+"/rpc", strings.NewReader(body))
	request.Header = http.Header{"Content-Type": {"application/json"}, "A2a-Version": {"1.0"}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	bytes, _ := io.ReadAll(response.Body)
	var raw struct {
		Result struct {
			Tasks []struct{ History []struct{ Parts []json.RawMessage } }
		}
	}
	json.Unmarshal(bytes, &raw)
	stored := []string{}
	for _, task := range raw.Result.Tasks {
		stored = append(stored, string(task.History[0].Parts[0]))
	}
	fmt.Printf("null in a list: %v | null: unreadable: %t | stored as: %s | list of 2: %v\n",
		inList, alone != nil, strings.Join(stored, " "), list)
	isLost := stored[0] == "{}" || stored[len(stored)-1] == "{}"
	if inList != nil || alone == nil || list == nil || len(stored) != 2 || !isLost {
		os.Exit(1)
	}
}
GO
npm install --silent --no-audit --no-fund @a2a-js/sdk@1.3.0 express@5.2.1 >/dev/null
node server.mjs > port &
server=$!
go mod init finding 2>/dev/null
go get github.com/a2aproject/a2a-go/v2@v2.4.0 2>/dev/null
GOFLAGS=-mod=mod go build -o client .
until [ -s port ]; do sleep 0.1; done
./client "$(cat port)"
