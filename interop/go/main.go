// The official Go SDK over each of its bindings, in 1.0 and in 0.3. The argument is JSON:
// {client, url, hooks, key, runs: [{binding, version, operations}]}; each case prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

const caseLimit = 45 * time.Second

type config struct {
	Client   string `json:"client"`
	URL      string `json:"url"`
	Hooks    string `json:"hooks"`
	Key      string `json:"key"`
	OtherKey string `json:"otherKey"`
	Runs     []struct {
		Binding    string   `json:"binding"`
		Version    string   `json:"version"`
		Operations []string `json:"operations"`
	} `json:"runs"`
}

type line struct {
	Client    string `json:"client"`
	Binding   string `json:"binding"`
	Version   string `json:"version"`
	Operation string `json:"operation"`
	OK        bool   `json:"ok"`
	Detail    string `json:"detail"`
	MS        int64  `json:"ms"`
}

func main() {
	var given config
	if err := json.Unmarshal([]byte(os.Args[1]), &given); err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, run := range given.Runs {
		for _, operation := range run.Operations {
			began := time.Now()
			detail, err := runCase(&setting{given, run.Binding, run.Version}, operation)
			if err != nil {
				detail = err.Error()
			}
			detail = strings.Join(strings.Fields(detail), " ")
			_ = out.Encode(line{
				given.Client, run.Binding, run.Version, operation, err == nil,
				detail[:min(len(detail), 1000)], time.Since(began).Milliseconds(),
			})
		}
	}
}

// A case that hangs or panics does not stop the others.
func runCase(s *setting, operation string) (detail string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), caseLimit)
	defer cancel()
	type outcome struct {
		detail string
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if fault := recover(); fault != nil {
				if f, is := fault.(failure); is {
					o.err = f.error
				} else {
					o.err = fmt.Errorf("panic: %v", fault)
				}
			}
			done <- o
		}()
		run, known := cases[operation]
		if !known {
			o.err = fmt.Errorf("no such case")
			return
		}
		o.detail, o.err = run(ctx, s)
	}()
	select {
	case o := <-done:
		return o.detail, o.err
	case <-time.After(caseLimit + 5*time.Second):
		return "", fmt.Errorf("not done after %v", caseLimit)
	}
}
