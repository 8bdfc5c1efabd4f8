package a2a

import (
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// apply folds an update into the task exactly as the bridge does.
func (t *Task) apply(ctx workflow.Context, update Update) error {
	if update.ArtifactUpdate != nil {
		t.applyArtifact(*update.ArtifactUpdate)
	}
	if update.StatusUpdate == nil {
		return nil
	}
	before := t.task.Status.State
	t.applyStatus(*update.StatusUpdate)
	if state := t.task.Status.State; state != before {
		return upsertState(ctx, state)
	}
	return nil
}

func (t *Task) applyStatus(update StatusUpdate) {
	status := update.Status
	if status.Message != nil {
		message := t.withIDs(*status.Message)
		status.Message = &message
		// What a working agent says does not stay in the history.
		if status.State == InputRequired || status.State == AuthRequired {
			t.remember(message)
		}
	}
	t.task.Status = &status
	t.task.Metadata = merged(t.task.Metadata, update.Metadata)
}

func (t *Task) applyArtifact(update ArtifactUpdate) {
	artifact := update.Artifact
	index := slices.IndexFunc(t.task.Artifacts, func(known Artifact) bool {
		return known.ArtifactID == artifact.ArtifactID
	})
	switch {
	case index < 0:
		t.task.Artifacts = append(t.task.Artifacts, artifact)
	case update.Append:
		t.task.Artifacts[index] = joined(t.task.Artifacts[index], artifact)
	default:
		t.task.Artifacts[index] = artifact
	}
}

// remember adds a message to the history of the task, unless it is there already.
func (t *Task) remember(message Message) bool {
	for _, known := range t.task.History {
		if known.MessageID == message.MessageID {
			return false
		}
	}
	t.task.History = append(t.task.History, t.withIDs(message))
	return true
}

func (t *Task) withIDs(message Message) Message {
	message.TaskID, message.ContextID = t.task.ID, t.task.ContextID
	return message
}

// joined puts a further piece behind an artifact. Text goes on in the last part, so that a thousand pieces do not
// leave a thousand parts.
func joined(known, piece Artifact) Artifact {
	parts, more := slices.Clone(known.Parts), piece.Parts
	if len(parts) > 0 && len(more) > 0 && isText(parts[len(parts)-1]) && isText(more[0]) {
		text := parts[len(parts)-1]["text"].(string) + more[0]["text"].(string)
		parts[len(parts)-1], more = Text(text), more[1:]
	}
	known.Parts = append(parts, more...)
	if piece.Name != "" {
		known.Name = piece.Name
	}
	if piece.Description != "" {
		known.Description = piece.Description
	}
	if piece.Extensions != nil {
		known.Extensions = piece.Extensions
	}
	known.Metadata = merged(known.Metadata, piece.Metadata)
	return known
}

func isText(part Part) bool {
	_, ok := part["text"].(string)
	return ok && len(part) == 1
}

func merged(known, more map[string]any) map[string]any {
	if len(more) == 0 {
		return known
	}
	all := maps.Clone(known)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, more)
	return all
}
