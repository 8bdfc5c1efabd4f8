import { connectTemporal, createA2AWorker, readTemporalTarget } from 'temporal-a2a';
import * as activities from './activities';

/** Runs the workflows and activities of this folder until Ctrl-C. */
async function main(): Promise<void> {
  const { connection, namespace } = await connectTemporal(readTemporalTarget(process.env));
  const worker = await createA2AWorker({
    connection,
    namespace,
    taskQueue: 'greeter',
    workflowsPath: require.resolve('./workflows'),
    activities,
  });
  await worker.run();
  await connection.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
