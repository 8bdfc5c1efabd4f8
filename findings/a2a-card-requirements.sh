#!/usr/bin/env bash
# a2a-go 2.4.0 and a2a-sdk 1.3.0 (Python): the card of an agent that has security requirements. Expected: each reads the
# other's.
# - Go reads and writes the scopes of a scheme as a list, {"schemes":{"key":["read"]}}; the specification's proto, and
#   so Python, has a message with a list, {"schemes":{"key":{"list":["read"]}}}. Each refuses the other's whole card, so
#   an agent that says how to authenticate cannot be called by the other SDK at all.
# Seen with: Go writes {"schemes":{"key":["read"]}} | Python reads it: ParseError | Python writes {"schemes": {"key":
#   {"list": ["read"]}}} | Go reads it: json: cannot unmarshal object into Go struct field ...
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet a2a-sdk==1.3.0
cd "$work"
cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/a2aproject/a2a-go/v2/a2a"
)

func main() {
	if len(os.Args) > 1 {
		var card a2a.AgentCard
		fmt.Print(json.Unmarshal([]byte(os.Args[1]), &card))
		return
	}
	json.NewEncoder(os.Stdout).Encode(a2a.AgentCard{
		Name:                 "Any",
		SupportedInterfaces:  []*a2a.AgentInterface{},
		DefaultInputModes:    []string{},
		DefaultOutputModes:   []string{},
		Skills:               []a2a.AgentSkill{},
		SecurityRequirements: a2a.SecurityRequirementsOptions{{"key": {"read"}}},
	})
}
GO
go mod init finding 2>/dev/null
go get github.com/a2aproject/a2a-go/v2@v2.4.0 2>/dev/null
GOFLAGS=-mod=mod go build -o card .
"$work/venv/bin/python" - <<'PY'
import json, subprocess
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from a2a.types import AgentCard, SecurityRequirement, StringList

def go(*arguments):
    return subprocess.run(["./card", *arguments], capture_output=True, text=True, check=True).stdout

of_go = go()
try:
    Parse(of_go, AgentCard())
    python_reads = "ok"
except ParseError as error:
    python_reads = type(error).__name__
requirement = SecurityRequirement(schemes={"key": StringList(list=["read"])})
of_python = MessageToJson(AgentCard(name="Any", security_requirements=[requirement]), indent=None)
go_reads = go(of_python)
[by_go], [by_python] = [json.loads(card)["securityRequirements"] for card in [of_go, of_python]]
print(f"Go writes {json.dumps(by_go)} | Python reads it: {python_reads} | Python writes {json.dumps(by_python)} | "
      f"Go reads it: {go_reads}")
assert by_go == {"schemes": {"key": ["read"]}} and by_python == {"schemes": {"key": {"list": ["read"]}}}
assert python_reads == "ParseError" and "cannot unmarshal object" in go_reads
assert go('{"name": "Any"}') == "<nil>" and Parse('{"name": "Any"}', AgentCard()).name == "Any"
PY
