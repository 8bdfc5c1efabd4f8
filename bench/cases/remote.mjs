import activities from '../../dist/activities/index.js';
import { dataMessage, textMessage } from '../lib/a2a-client.mjs';
import { compared, counted, inTurns, median } from '../lib/measure.mjs';

/** One call of a remote agent: a task of this bridge that calls a second instance of it. */
export const remoteCall = {
  name: 'remote',
  async run(bench) {
    const what = 'external echo call through the bridge';
    if (activities.createActivities().callRemoteAgent === undefined) {
      return [{ name: 'remote', what, skipped: 'this build cannot call remote agents' }];
    }
    const here = await bench.apart();
    const there = await bench.together();
    const url = `${there.api.url}/a2a/echo`;
    const { ClientFactory } = await import('@a2a-js/sdk/client');
    const { SendMessageRequest } = await import('@a2a-js/sdk');
    // The SDK takes the last segment of a URL for a file unless a slash follows.
    const sdk = await new ClientFactory().createFromUrl(`${url}/`);
    const sides = {
      bridge: () => here.client.send('callOutside', dataMessage({ url }, 'Hello, agent!')),
      plain: () => sdk.sendMessage(SendMessageRequest.fromJSON({ message: textMessage() })),
    };
    const row = await inTurns({ rounds: bench.rounds, calls: 6, sides, warmUp: 60 });
    const overhead = median(row.bridge) - median(row.plain);
    return [
      compared({ ...row, name: 'remote', what, against: 'direct call by the SDK', unit: 'ms' }),
      counted({
        name: 'remote',
        what: 'what the bridge adds to the direct call',
        unit: 'ms',
        value: overhead,
      }),
    ];
  },
};
