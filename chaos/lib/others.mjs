// What the agents of a cluster work with: a remote agent, which is a second bridge, and a receiver of webhooks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { remoteAgentsFile } from './agents.mjs';
import { answers } from './process.mjs';

export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
export const REMOTE_NAMESPACE = 'remote';

/**
 * @param options.begin starts a process
 * @param options.env settings of the remote agent, beside its own
 * @param options.remoteUrl where others reach it
 * @returns the starts, and where the receiver is
 */
export function beginOthers({ begin, directory, env, temporalAddress, remotePort, remoteUrl, receiverPort }) {
  const log = join(directory, 'receiver.log');
  const url = `http://127.0.0.1:${receiverPort}`;
  const agents = join(directory, 'remote-agents.yaml');
  writeFileSync(agents, remoteAgentsFile());
  const program = fileURLToPath(new URL('../programs/receiver.mjs', import.meta.url));
  const starts = [
    begin('receiver', [program, String(receiverPort), log], { isReady: answers(url) }),
    begin('remote', [CLI, 'start'], {
      isReady: answers(`http://127.0.0.1:${remotePort}/readyz`),
      env: {
        ...env,
        PORT: String(remotePort),
        AGENTS_FILE: agents,
        // Its card names the way past which nothing is cut or slowed.
        PUBLIC_URL: remoteUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        TEMPORAL_NAMESPACE: REMOTE_NAMESPACE,
      },
    }),
  ];
  return { starts, receiver: { url, log } };
}
