#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python) signs an agent card, @a2a-js/sdk 1.3.0 (JavaScript) verifies it as its card resolver reads it, with the key
# that signed it.
# Expected: the signature is valid, as for Python itself.
# Of a card without security schemes it is. With one, JavaScript says that no signature is valid.
# Seen with: plain: Python valid, JavaScript valid | with securitySchemes: Python valid, JavaScript not valid
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet 'a2a-sdk[signing]==1.3.0'
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @a2a-js/sdk@1.3.0 >/dev/null
node -e "
  const { privateKey, publicKey } = require('node:crypto').generateKeyPairSync('ec', { namedCurve: 'P-256' });
  require('node:fs').writeFileSync('private.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  require('node:fs').writeFileSync('public.pem', publicKey.export({ type: 'spki', format: 'pem' }));"
cat > sign.py <<'PY'
import json, logging
from a2a.types import AgentCard
from a2a.utils.signing import create_agent_card_signer, create_signature_verifier
from google.protobuf.json_format import MessageToDict, ParseDict

logging.disable(logging.CRITICAL)
SCHEMES = {'key': {'apiKeySecurityScheme': {'location': 'header', 'name': 'X-API-Key'}}}
for name, more in {'plain': {}, 'schemes': {'securitySchemes': SCHEMES}}.items():
    card = ParseDict({
        'name': 'Answers', 'description': 'Answers', 'version': '1.0.0', 'capabilities': {'streaming': True},
        'defaultInputModes': ['text/plain'], 'defaultOutputModes': ['text/plain'],
        'supportedInterfaces': [{'url': 'http://127.0.0.1/', 'protocolBinding': 'JSONRPC', 'protocolVersion': '1.0'}],
        'skills': [{'id': 'answer', 'name': 'Answer', 'description': 'Answers', 'tags': ['test']}], **more}, AgentCard())
    header = {'kid': 'key-1', 'alg': 'ES256', 'typ': 'JOSE', 'jku': 'http://127.0.0.1/jwks.json'}
    signed = create_agent_card_signer(open('private.pem').read(), header)(card)
    json.dump(MessageToDict(signed), open(f'{name}.json', 'w'))
    try:
        create_signature_verifier(lambda *_: open('public.pem').read(), ['ES256'])(signed)
        print('valid')
    except Exception as error:
        print(type(error).__name__)
PY
cat > verify.js <<'JS'
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verifyAgentCardSignature } from '@a2a-js/sdk';
import { DefaultAgentCardResolver } from '@a2a-js/sdk/client';

const python = readFileSync('python', 'utf8').trim().split('\n');
const verify = verifyAgentCardSignature(async () => createPublicKey(readFileSync('public.pem')));

async function verdict(json) {
  const fetchImpl = async () => new Response(json, { headers: { 'content-type': 'application/json' } });
  const card = await new DefaultAgentCardResolver({ fetchImpl }).resolve('http://127.0.0.1/');
  return verify(card).then(() => 'valid', () => 'not valid');
}

const seen = [await verdict(readFileSync('plain.json')), await verdict(readFileSync('schemes.json'))];
console.log(`plain: Python ${python[0]}, JavaScript ${seen[0]} | with securitySchemes: Python ${python[1]}, JavaScript ${seen[1]}`);
process.exit(String([...python, ...seen]) === String(['valid', 'valid', 'valid', 'not valid']) ? 0 : 1);
JS
venv/bin/python sign.py > python
timeout 60 node verify.js 2>/dev/null
