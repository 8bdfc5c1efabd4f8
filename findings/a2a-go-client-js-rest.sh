#!/usr/bin/env bash
# The client of a2a-go 2.4.0 over HTTP+JSON, with a server of @a2a-js/sdk 1.3.0. Expected: the official SDKs understand
# each other.
# - Creating a push notification config is answered with 201, deleting one with 204; the client takes everything but 200
#   for an error, so that both are done and both are reported as "server error".
# - The server's errors are application/a2a+json, as the specification (11.1) recommends; the client reads errors in
#   application/json alone, so that a missing task is "server error" too, and errors.Is finds no ErrTaskNotFound.
# Seen with: create: server error, stored 1 | delete: server error, stored 0 | missing task: server error, not found:
#   false | JSON-RPC: Task not found: nope, not found: true
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
	"errors"
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
	client := connect("", a2a.TransportProtocolHTTPJSON)
	message := a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart("hi"))
	sent, err := client.SendMessage(ctx, &a2a.SendMessageRequest{Message: message})
	if err != nil {
		panic(err)
	}
	id := sent.(*a2a.Task).ID
	list := func() []*a2a.PushConfig {
		configs, err := client.ListTaskPushConfigs(ctx, &a2a.ListTaskPushConfigRequest{TaskID: id})
		if err != nil {
			panic(err)
		}
		return configs
	}
	_, created := client.CreateTaskPushConfig(ctx, &a2a.PushConfig{TaskID: id, URL: "http://127.0.0.1:9/"})
	stored := list()
	deleted := client.DeleteTaskPushConfig(ctx, &a2a.DeleteTaskPushConfigRequest{TaskID: id, ID: stored[0].ID})
	left := list()
	_, missing := client.GetTask(ctx, &a2a.GetTaskRequest{ID: "nope"})
	_, byRPC := connect("/rpc", a2a.TransportProtocolJSONRPC).GetTask(ctx, &a2a.GetTaskRequest{ID: "nope"})
	isNotFound, isNotFoundByRPC := errors.Is(missing, a2a.ErrTaskNotFound), errors.Is(byRPC, a2a.ErrTaskNotFound)
	fmt.Printf("create: %v, stored %d | delete: %v, stored %d | missing task: %v, not found: %t | "+
		"JSON-RPC: %v, not found: %t\n",
		created, len(stored), deleted, len(left), missing, isNotFound, byRPC, isNotFoundByRPC)
	if created == nil || deleted == nil || len(stored) != 1 || len(left) != 0 || isNotFound || !isNotFoundByRPC {
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
