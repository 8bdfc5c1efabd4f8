#!/usr/bin/env bash
# @a2a-js/sdk 1.3.0 and @temporalio/common 1.24.0, type-checked with TypeScript 5.9.3 and module node16. Expected: what
# can be loaded can be type-checked.
# - @a2a-js/sdk can be loaded with require(), and its types say that it cannot (TS1479): package.json names those of the
#   ES module for both, though those for CommonJS are in the package.
# - The types of @temporalio/common need those of its dependency ms, which shows none to node16 (TS7016): a project that
#   checks its libraries (no skipLibCheck) cannot use any of Temporal's packages, in a CommonJS or in an ES module.
# Seen with: require: function | a2a.cts: TS1479 | a2a.mts: ok | @temporalio/common/lib/time.d.ts: TS7016
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund \
  @a2a-js/sdk@1.3.0 @temporalio/common@1.24.0 typescript@5.9.3 @types/node@20.19.0 >/dev/null
echo "import { AgentCard } from '@a2a-js/sdk'; export const it: unknown = AgentCard;" | tee a2a.cts >a2a.mts
echo "import { RetryState } from '@temporalio/common'; export const it: unknown = RetryState;" >temporal.mts
npx tsc --noEmit --strict --target es2022 --types node --module node16 a2a.cts a2a.mts temporal.mts >errors || true
says() { grep "^[^ ]*$1" errors | grep -o 'TS[0-9]*' | sort -u || echo ok; }
required=$(node -p "typeof require('@a2a-js/sdk/server').DefaultRequestHandler")
common=@temporalio/common/lib/time.d.ts
seen="require: $required | a2a.cts: $(says a2a.cts) | a2a.mts: $(says a2a.mts) | $common: $(says $common)"
echo "$seen"
[ "$seen" = "require: function | a2a.cts: TS1479 | a2a.mts: ok | $common: TS7016" ]
