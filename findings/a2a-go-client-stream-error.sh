#!/usr/bin/env bash
# The client of a2a-go 2.4.0 over JSON-RPC, with a server of @a2a-js/sdk 1.3.0: SubscribeToTask for a task that is not
# there. Expected: an error, as GetTask gives.
# - The server answers a streaming call that fails at once with a JSON-RPC error in application/json; the client looks
#   for events in it and finds none. The loop over the events ends at once, with neither an event nor an error, as if
#   the stream had been read to its end; the same happens with a2a-sdk 1.3.0 (Python) as the server.
# Seen with: GetTask: Task not found: nope | SubscribeToTask: 0 events, 0 errors
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
	"fmt"
	"os"

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
	_, missing := client.GetTask(ctx, &a2a.GetTaskRequest{ID: "nope"})
	events, failures := 0, 0
	for _, err := range client.SubscribeToTask(ctx, &a2a.SubscribeToTaskRequest{ID: "nope"}) {
		if err != nil {
			failures++
		} else {
			events++
		}
	}
	fmt.Printf("GetTask: %v | SubscribeToTask: %d events, %d errors\n", missing, events, failures)
	if missing == nil || events+failures > 0 {
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
