package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
)

func push(ctx context.Context, s *setting) (string, error) {
	name, token := a2a.NewMessageID(), a2a.NewMessageID()
	ticker := must(s.connect(ctx, "ticker", nil))
	task := must(ticker.begin(ctx, "40 every 100ms"))
	url := s.Hooks + "/hook/" + name
	made := must(ticker.CreateTaskPushConfig(ctx, &a2a.PushConfig{
		TaskID: task.ID, ID: "config-" + name, URL: url, Token: token,
	}))
	same(made.URL, url, "URL as made")
	same(made.Token, token, "token as made")
	read := must(ticker.GetTaskPushConfig(ctx, &a2a.GetTaskPushConfigRequest{TaskID: task.ID, ID: made.ID}))
	same(read.ID, made.ID, "config as read")
	same(read.URL, url, "URL as read")
	return checkDeliveries(ctx, s, name, token, task)
}

func pushInSend(ctx context.Context, s *setting) (string, error) {
	name, token := a2a.NewMessageID(), a2a.NewMessageID()
	ticker := must(s.connect(ctx, "ticker", nil))
	task := must(ticker.sendRequest(ctx, &a2a.SendMessageRequest{
		Message: message("5 every 100ms"),
		Config: &a2a.SendMessageConfig{
			ReturnImmediately: true,
			PushConfig:        &a2a.PushConfig{URL: s.Hooks + "/hook/" + name, Token: token},
		},
	}))
	return checkDeliveries(ctx, s, name, token, task)
}

func checkDeliveries(ctx context.Context, s *setting, name, token string, task *a2a.Task) (string, error) {
	seen := must(s.deliveries(ctx, name, "completed"))
	same(len(seen) > 0, true, "something was delivered")
	for _, each := range seen {
		same(each.Headers["x-a2a-notification-token"], token, "token header")
		same(strings.Contains(each.Body, string(task.ID)), true, "the task is named in "+each.Body)
	}
	last := seen[len(seen)-1].Body
	same(strings.Contains(strings.ToLower(last), "completed"), true, "the end comes last: "+last)
	return fmt.Sprintf("%d deliveries", len(seen)), nil
}

func pushList(ctx context.Context, s *setting) (string, error) {
	interview := must(s.connect(ctx, "interview", nil))
	task := must(interview.send(ctx, "Let us begin"))
	for _, id := range []string{"one", "two"} {
		must(interview.CreateTaskPushConfig(ctx, &a2a.PushConfig{
			TaskID: task.ID, ID: id, URL: s.Hooks + "/hook/" + a2a.NewMessageID(), Token: "t",
		}))
	}
	var ids []string
	for _, config := range must(interview.ListTaskPushConfigs(ctx, &a2a.ListTaskPushConfigRequest{TaskID: task.ID})) {
		ids = append(ids, config.ID)
	}
	slices.Sort(ids)
	same(ids, []string{"one", "two"}, "configs")
	return fmt.Sprintf("%d configs", len(ids)), nil
}

func pushDelete(ctx context.Context, s *setting) (string, error) {
	interview := must(s.connect(ctx, "interview", nil))
	task := must(interview.send(ctx, "Let us begin"))
	made := must(interview.CreateTaskPushConfig(ctx, &a2a.PushConfig{
		TaskID: task.ID, ID: "gone-soon", URL: s.Hooks + "/hook/" + a2a.NewMessageID(), Token: "t",
	}))
	if err := interview.DeleteTaskPushConfig(ctx, &a2a.DeleteTaskPushConfigRequest{TaskID: task.ID, ID: made.ID}); err != nil {
		return "", err
	}
	_, err := interview.GetTaskPushConfig(ctx, &a2a.GetTaskPushConfigRequest{TaskID: task.ID, ID: made.ID})
	refused(err, a2a.ErrTaskNotFound, "a deleted config")
	return "deleted", nil
}

func withKey(ctx context.Context, s *setting, headers a2aclient.ServiceParams) (string, error) {
	private := must(s.connect(ctx, "private", headers))
	task := must(private.send(ctx, greeting))
	same(artifactText(task, "echo"), greeting, "artifact")
	request := &a2a.SendMessageRequest{Message: message("and streamed")}
	h := must(listen(private.SendStreamingMessage(ctx, request), nil))
	same(h.last, a2a.TaskStateCompleted, "last state")
	other := must(s.connect(ctx, "private", a2aclient.ServiceParams{"X-Api-Key": {s.OtherKey}}))
	_, err := other.GetTask(ctx, &a2a.GetTaskRequest{ID: task.ID})
	refused(err, a2a.ErrTaskNotFound, "another owner's task")
	return string(task.Status.State), nil
}

func keyRefused(ctx context.Context, s *setting) (string, error) {
	for _, headers := range []a2aclient.ServiceParams{
		nil,
		{"X-Api-Key": {"wrong"}},
		{"Authorization": {"Bearer wrong"}},
	} {
		private := must(s.connect(ctx, "private", headers))
		_, err := private.send(ctx, "hello")
		// Over JSON-RPC the SDK tells no more than the HTTP status.
		if err == nil || !strings.Contains(err.Error(), "401") {
			refused(err, a2a.ErrUnauthenticated, fmt.Sprint(headers))
		}
	}
	return "refused", nil
}
