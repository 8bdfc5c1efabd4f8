#!/usr/bin/env bash
# eventsource-parser 3.1.1, createParser: event streams that end their lines in other ways than with a line feed, which
# the HTML standard (9.2.5) allows. Expected: the same events, each as soon as its empty line is there.
# - With carriage returns alone, the last event is held back until another character comes: an agent's final event is
#   lost when the stream ends with it. The parser waits whether a line feed follows; it could as well leave one out
#   later.
# - A byte order mark at the start, which the standard has readers leave out, makes the first line an unknown field: its
#   event is lost.
# Seen with: LF: a b | CR LF: a b | CR: a | CR and one more character: a b | byte order mark: b
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund eventsource-parser@3.1.1 >/dev/null
cat > main.mjs <<'JS'
import assert from 'node:assert';
import { createParser } from 'eventsource-parser';

const streams = {
  LF: 'data: a\n\ndata: b\n\n',
  'CR LF': 'data: a\r\n\r\ndata: b\r\n\r\n',
  CR: 'data: a\r\rdata: b\r\r',
  'CR and one more character': 'data: a\r\rdata: b\r\r:',
  'byte order mark': '\uFEFFdata: a\n\ndata: b\n\n',
};
const seen = Object.entries(streams).map(([name, stream]) => {
  const events = [];
  createParser({ onEvent: ({ data }) => events.push(data) }).feed(stream);
  return [name, events.join(' ')];
});
console.log(seen.map(([name, events]) => `${name}: ${events}`).join(' | '));
assert.deepStrictEqual(seen.map(([, events]) => events), ['a b', 'a b', 'a', 'a b', 'b']);
JS
node main.mjs
