#!/usr/bin/env bash
# The S3 drivers for external storage: @temporalio/external-storage-s3 1.22.0 (TypeScript) and temporalio 1.35.0 (Python,
# temporalio.contrib.aws.s3driver), over one bucket, which is a directory here.
# Expected: what a client of one language stores, a worker of the other retrieves: driver name, bucket, keys and hash are the same.
# Each refuses the references of the other, since they name the hash otherwise: `hashAlgorithm` and `hashValue`, `hash_algorithm`
# and `hash_value`.
# Seen with: same driver name: aws.s3driver, same key for the same payload: True | TypeScript reads Python: claim is missing required
#   content hash information | Python reads TypeScript: claim is missing required content hash information | each its own: ok
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0
echo '{ "private": true, "type": "commonjs" }' > package.json
npm install --silent --no-audit --no-fund @temporalio/external-storage-s3@1.22.0 @temporalio/common@1.24.0 >/dev/null
mkdir bucket
cat > driver.js <<'JS'
// store, or retrieve FILE: claims are JSON.
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { defaultPayloadConverter } = require('@temporalio/common');
const { S3StorageDriver } = require('@temporalio/external-storage-s3');

const fileOf = (key) => `bucket/${createHash('md5').update(key).digest('hex')}`;
const client = {
  putObject: async (_bucket, key, data) => writeFileSync(fileOf(key), data),
  objectExists: async (_bucket, key) => existsSync(fileOf(key)),
  getObject: async (_bucket, key) => new Uint8Array(readFileSync(fileOf(key))),
};
const driver = new S3StorageDriver({ client, bucket: 'payloads' });
const [, , what, file] = process.argv;

(async () => {
  if (what === 'store') {
    const payload = defaultPayloadConverter.toPayload('a large text');
    const [{ claimData }] = await driver.store({}, [payload]);
    return console.log(JSON.stringify({ driver: driver.name, claimData }));
  }
  const { claimData } = JSON.parse(readFileSync(file, 'utf8'));
  try {
    const [payload] = await driver.retrieve({}, [{ claimData }]);
    console.log(defaultPayloadConverter.fromPayload(payload));
  } catch (error) {
    console.log(error.message);
  }
})();
JS
cat > driver.py <<'PY'
# The same.
import asyncio, hashlib, json, pathlib, sys

from temporalio.contrib.aws.s3driver import S3StorageDriver, S3StorageDriverClient
from temporalio.converter import PayloadConverter, StorageDriverClaim, StorageDriverRetrieveContext, StorageDriverStoreContext


def file_of(key):
    return pathlib.Path('bucket') / hashlib.md5(key.encode()).hexdigest()


class Directory(S3StorageDriverClient):
    async def put_object(self, *, bucket, key, data):
        file_of(key).write_bytes(data)

    async def object_exists(self, *, bucket, key):
        return file_of(key).exists()

    async def get_object(self, *, bucket, key):
        return file_of(key).read_bytes()


async def main(what, file=None):
    driver = S3StorageDriver(client=Directory(), bucket='payloads')
    if what == 'store':
        payload = PayloadConverter.default.to_payload('a large text')
        [claim] = await driver.store(StorageDriverStoreContext(), [payload])
        return print(json.dumps({'driver': driver.name(), 'claimData': dict(claim.claim_data)}))
    claim = StorageDriverClaim(claim_data=json.loads(pathlib.Path(file).read_text())['claimData'])
    try:
        [payload] = await driver.retrieve(StorageDriverRetrieveContext(), [claim])
        print(PayloadConverter.default.from_payload(payload))
    except Exception as error:
        print(error)


asyncio.run(main(*sys.argv[1:]))
PY
python=venv/bin/python
node driver.js store > of-typescript.json
$python driver.py store > of-python.json
node driver.js retrieve of-python.json > typescript-reads-python
$python driver.py retrieve of-typescript.json > python-reads-typescript
node driver.js retrieve of-typescript.json > own-typescript
$python driver.py retrieve of-python.json > own-python
$python - <<'PY'
import json, re, sys

read = lambda name: open(name).read().strip()
typescript, python = json.loads(read('of-typescript.json')), json.loads(read('of-python.json'))
short = lambda name: (re.search('claim is missing required content hash information', read(name)) or [read(name)])[0]
crossed = [short('typescript-reads-python'), short('python-reads-typescript')]
own = 'ok' if read('own-typescript') == read('own-python') == 'a large text' else 'not ok'
same = typescript['claimData']['key'] == python['claimData']['key']
drivers = {typescript['driver'], python['driver']}
print(f'same driver name: {", ".join(drivers)}, same key for the same payload: {same} | TypeScript reads Python: {crossed[0]} | '
      f'Python reads TypeScript: {crossed[1]} | each its own: {own}')
expected = ['claim is missing required content hash information'] * 2
sys.exit((drivers, same, crossed, own) != ({'aws.s3driver'}, True, expected, 'ok'))
PY
