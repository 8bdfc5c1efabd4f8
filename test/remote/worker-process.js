// A worker in a process of its own, for a test to kill: node worker-process.js <address> <task queue> [ms between heartbeats]
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { createCallRemoteAgent } = require('../../dist/activities/remote/call-remote-agent');

async function main([address, taskQueue, heartbeatMs = '200']) {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const callRemoteAgent = createCallRemoteAgent({
    outboundAllow: ['127.0.0.0/8'],
    heartbeatMs: Number(heartbeatMs),
  });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE },
    activities: { callRemoteAgent },
    maxHeartbeatThrottleInterval: '100 ms',
  });
  const run = worker.run();
  process.stdout.write('running\n');
  await run;
}

void main(process.argv.slice(2));
