package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"
	"github.com/a2aproject/a2a-go/v2/a2acompat/a2av0"
	grpc0 "github.com/a2aproject/a2a-go/v2/a2agrpc/v0"
	grpc1 "github.com/a2aproject/a2a-go/v2/a2agrpc/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// A setting is what the cases run in: one binding in one version.
type setting struct {
	config
	binding string
	version string
}

// Over gRPC, 0.3 has no field that tells agents apart: the one address stands in the card of the default agent.
func (s *setting) isV03GRPC() bool { return s.binding == "GRPC" && s.version == "0.3" }

// The card, with no other interfaces than those of the version.
func (s *setting) card(ctx context.Context, agentID string) (*a2a.AgentCard, error) {
	resolver := agentcard.NewResolver(nil)
	if s.version == "0.3" {
		resolver.CardParser = a2av0.NewAgentCardParser()
	}
	card, err := resolver.Resolve(ctx, s.URL+"/a2a/"+agentID)
	if err != nil {
		return nil, err
	}
	card.SupportedInterfaces = slices.DeleteFunc(card.SupportedInterfaces, func(each *a2a.AgentInterface) bool {
		return !strings.HasPrefix(string(each.ProtocolVersion), s.version)
	})
	return card, nil
}

// A client for one agent, with headers (metadata over gRPC) that go with every call.
type agent struct {
	*a2aclient.Client
	headers a2aclient.ServiceParams
}

func (s *setting) connect(ctx context.Context, agentID string, headers a2aclient.ServiceParams) (*agent, error) {
	cardOf := agentID
	if s.isV03GRPC() {
		cardOf = "echo"
	}
	card, err := s.card(ctx, cardOf)
	if err != nil {
		return nil, err
	}
	card.SupportedInterfaces = slices.DeleteFunc(card.SupportedInterfaces, func(each *a2a.AgentInterface) bool {
		return string(each.ProtocolBinding) != s.binding
	})
	all := a2aclient.ServiceParams{}
	for name, values := range headers {
		all.Append(name, values...)
	}
	// A plain client reaches the default agent.
	if s.isV03GRPC() && agentID != "echo" {
		all.Append("a2a-tenant", agentID)
	}
	insecureCredentials := grpc.WithTransportCredentials(insecure.NewCredentials())
	client, err := a2aclient.NewFromCard(
		ctx, card,
		a2av0.WithJSONRPCTransport(a2av0.JSONRPCTransportConfig{}),
		a2av0.WithRESTTransport(a2av0.RESTTransportConfig{}),
		grpc0.WithGRPCTransport(insecureCredentials),
		grpc1.WithGRPCTransport(insecureCredentials),
		a2aclient.WithCallInterceptors(&withHeaders{headers: all}),
	)
	if err != nil {
		return nil, err
	}
	return &agent{client, all}, nil
}

type withHeaders struct {
	a2aclient.PassthroughInterceptor
	headers a2aclient.ServiceParams
}

func (w *withHeaders) Before(ctx context.Context, req *a2aclient.Request) (context.Context, any, error) {
	for name, values := range w.headers {
		req.ServiceParams.Append(name, values...)
	}
	return ctx, nil, nil
}

func message(content any) *a2a.Message {
	if text, isText := content.(string); isText {
		return a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart(text))
	}
	return a2a.NewMessage(a2a.MessageRoleUser, a2a.NewDataPart(content))
}

func (c *agent) send(ctx context.Context, content any) (*a2a.Task, error) {
	return c.sendRequest(ctx, &a2a.SendMessageRequest{Message: message(content)})
}

// Answers at once, with the task as it begins.
func (c *agent) begin(ctx context.Context, content any) (*a2a.Task, error) {
	return c.sendRequest(ctx, &a2a.SendMessageRequest{
		Message: message(content),
		Config:  &a2a.SendMessageConfig{ReturnImmediately: true},
	})
}

func (c *agent) answer(ctx context.Context, task *a2a.Task, content any) (*a2a.Task, error) {
	reply := message(content)
	reply.TaskID, reply.ContextID = task.ID, task.ContextID
	return c.sendRequest(ctx, &a2a.SendMessageRequest{Message: reply})
}

func (c *agent) sendRequest(ctx context.Context, request *a2a.SendMessageRequest) (*a2a.Task, error) {
	result, err := c.SendMessage(ctx, request)
	if err != nil {
		return nil, err
	}
	task, isTask := result.(*a2a.Task)
	if !isTask {
		return nil, fmt.Errorf("the answer is no task but %T", result)
	}
	return task, nil
}

// What a stream brought.
type heard struct {
	events   int
	first    string
	snapshot string
	ticks    []string
	chunks   string
	last     a2a.TaskState
}

// Reads a stream to its end, or until `enough` says so.
func listen(events iter.Seq2[a2a.Event, error], enough func(*heard) bool) (*heard, error) {
	h := &heard{}
	for event, err := range events {
		if err != nil {
			return h, err
		}
		if h.events == 0 {
			h.first = fmt.Sprintf("%T", event)
		}
		h.events++
		switch e := event.(type) {
		case *a2a.Task:
			h.snapshot = artifactText(e, "ticks")
			h.last = e.Status.State
		case *a2a.TaskStatusUpdateEvent:
			h.last = e.Status.State
			if text := messageText(e.Status.Message); strings.HasPrefix(text, "tick") {
				h.ticks = append(h.ticks, text)
			}
		case *a2a.TaskArtifactUpdateEvent:
			h.chunks += partsText(e.Artifact.Parts)
		}
		if enough != nil && enough(h) {
			break
		}
	}
	return h, nil
}

func partsText(parts a2a.ContentParts) string {
	var text strings.Builder
	for _, part := range parts {
		text.WriteString(part.Text())
	}
	return text.String()
}

func messageText(m *a2a.Message) string {
	if m == nil {
		return ""
	}
	return partsText(m.Parts)
}

func artifactText(task *a2a.Task, name string) string {
	for _, artifact := range task.Artifacts {
		if artifact.Name == name {
			return partsText(artifact.Parts)
		}
	}
	return ""
}

type delivery struct {
	Headers map[string]any `json:"headers"`
	Body    string         `json:"body"`
}

// What the runner's webhook receiver got under this name, once a body contains `until`.
func (s *setting) deliveries(ctx context.Context, name, until string) ([]delivery, error) {
	request, err := http.NewRequestWithContext(ctx, "GET", s.Hooks+"/seen/"+name+"?until="+until, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var seen []delivery
	return seen, json.Unmarshal(body, &seen)
}
