// A push worker in a process of its own, for a test to kill: node worker-process.js <address> <task queue>.
const { DefaultLogger, NativeConnection, Runtime } = require('@temporalio/worker');
const { EncryptionKeys } = require('../../dist/contract/encryption-keys');
const { createPushWorker } = require('../../dist/worker/push-worker');

/** Those of test/support/harness.ts. */
const sealingKeys = new EncryptionKeys({ test: Buffer.alloc(32, 'test') });

async function main([address, taskQueue]) {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const { worker } = await createPushWorker({
    connection,
    taskQueue,
    outboundAllow: ['127.0.0.0/8'],
    sealingKeys,
  });
  const run = worker.run();
  process.stdout.write('running\n');
  await run;
}

void main(process.argv.slice(2));
