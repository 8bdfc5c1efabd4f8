// Package a2a keeps the contract between a workflow and the bridge (docs/contract.md). Copy it into your project.
package a2a

import (
	"encoding/json"
	"strings"
	"time"
)

const (
	Submitted     = "TASK_STATE_SUBMITTED"
	Working       = "TASK_STATE_WORKING"
	InputRequired = "TASK_STATE_INPUT_REQUIRED"
	AuthRequired  = "TASK_STATE_AUTH_REQUIRED"
	Completed     = "TASK_STATE_COMPLETED"
	Failed        = "TASK_STATE_FAILED"
	Canceled      = "TASK_STATE_CANCELED"
	Rejected      = "TASK_STATE_REJECTED"
)

// Start is the argument of a workflow that is an agent.
type Start struct {
	// Task has its IDs only; after continue-as-new it is the whole task so far.
	Task                TaskData       `json:"task"`
	AgentID             string         `json:"agentId"`
	Message             Message        `json:"message"`
	Metadata            map[string]any `json:"metadata,omitempty"`
	AcceptedOutputModes []string       `json:"acceptedOutputModes,omitempty"`
	// Unread are messages that came before a continue-as-new.
	Unread []Message `json:"unread,omitempty"`
	// Of the bridge, kept for continue-as-new.
	Definition  json.RawMessage `json:"definition,omitempty"`
	TellsParent bool            `json:"tellsParent,omitempty"`
	CallDepth   int             `json:"callDepth,omitempty"`
}

// TaskData is A2A's Task.
type TaskData struct {
	ID        string         `json:"id"`
	ContextID string         `json:"contextId"`
	Status    *Status        `json:"status,omitempty"`
	History   []Message      `json:"history,omitempty"`
	Artifacts []Artifact     `json:"artifacts,omitempty"`
	Metadata  map[string]any `json:"metadata,omitempty"`
}

type Status struct {
	State     string   `json:"state"`
	Message   *Message `json:"message,omitempty"`
	Timestamp string   `json:"timestamp,omitempty"`
}

type Message struct {
	MessageID        string         `json:"messageId"`
	TaskID           string         `json:"taskId,omitempty"`
	ContextID        string         `json:"contextId,omitempty"`
	Role             string         `json:"role"`
	Parts            []Part         `json:"parts"`
	Metadata         map[string]any `json:"metadata,omitempty"`
	Extensions       []string       `json:"extensions,omitempty"`
	ReferenceTaskIDs []string       `json:"referenceTaskIds,omitempty"`
}

type Artifact struct {
	ArtifactID  string         `json:"artifactId"`
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	Parts       []Part         `json:"parts"`
	Metadata    map[string]any `json:"metadata,omitempty"`
	Extensions  []string       `json:"extensions,omitempty"`
}

// Part has one of text, data, raw and url, and perhaps mediaType, filename and metadata.
type Part map[string]any

// Update is one step in the life of a task: it has one of the two.
type Update struct {
	StatusUpdate   *StatusUpdate   `json:"statusUpdate,omitempty"`
	ArtifactUpdate *ArtifactUpdate `json:"artifactUpdate,omitempty"`
}

type StatusUpdate struct {
	Status   Status         `json:"status"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// ArtifactUpdate is a whole artifact, or with Append a further piece of one.
type ArtifactUpdate struct {
	Artifact  Artifact       `json:"artifact"`
	Append    bool           `json:"append,omitempty"`
	LastChunk bool           `json:"lastChunk,omitempty"`
	Metadata  map[string]any `json:"metadata,omitempty"`
}

// Text makes a text part.
func Text(text string) Part { return Part{"text": text} }

// Data makes a data part of any JSON.
func Data(value any) Part { return Part{"data": value} }

// NewArtifact makes an artifact that has its ID as name.
func NewArtifact(id string, parts ...Part) Artifact {
	return Artifact{ArtifactID: id, Name: id, Parts: parts}
}

// Text gives all text parts of a message.
func (m Message) Text() string {
	var texts []string
	for _, part := range m.Parts {
		if text, ok := part["text"].(string); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

func timestamp(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
