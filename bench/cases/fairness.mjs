import { a2aClient, dataMessage, textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, counted, median, quantile, timed } from '../lib/measure.mjs';

/** What the first owner has at work: tickers that go on until the end, and so many chains at once. */
const TICKERS = 300;
const CHAINS = 200;

/** The second owner's calls in each round, one at a time. */
const CALLS = 5;

/** Time in ms that the first owner's work has to pile up. */
const HEAD_START_MS = 5_000;

/** What one owner's work does to another one's. On a server of its own, as it leaves much behind. */
export const fairness = {
  name: 'fairness',
  async run(bench) {
    const own = await bench.beside(bench.startServer);
    try {
      const { api } = await own.apart();
      const clientOf = (owner) => a2aClient(api.url, { 'x-owner': owner });
      const [first, second] = [clientOf('first'), clientOf('second')];
      const echo = () => completed(second);
      await batch(300, 16, echo);
      const idle = await rounds(own, echo);

      const load = new Load(first);
      await load.begin();
      await sleep(HEAD_START_MS);
      const loaded = await rounds(own, echo);
      const chains = load.finished;
      load.stop();
      const calls = loaded.flat();
      return [
        compared({
          name: 'fairness',
          what: `echo of one owner while another has ${TICKERS} tickers and ${CHAINS} chains at work`,
          against: 'the same without that',
          unit: 'ms',
          bridge: loaded.map(median),
          plain: idle.map(median),
          goal: { most: 3 },
          note: `p90 ${quantile(calls, 0.9).toFixed(0)} ms, longest ${Math.max(...calls).toFixed(0)} ms`,
        }),
        counted({ name: 'fairness', what: 'chains that the other owner finished meanwhile', value: chains }),
      ];
    } finally {
      await own.end();
    }
  },
};

/** Sends a message until its task has completed: when too much is going on, it is sent again, as clients do. */
async function completed(client) {
  const message = textMessage();
  for (;;) {
    try {
      return await client.send('echo', message);
    } catch {
      await sleep(100);
    }
  }
}

async function rounds({ rounds: count }, call) {
  const all = [];
  for (let round = 0; round < count; round++) {
    const times = [];
    for (let n = 0; n < CALLS; n++) times.push(await timed(call));
    all.push(times);
  }
  return all;
}

class Load {
  finished = 0;
  #client;
  #stopped = false;

  constructor(client) {
    this.#client = client;
  }

  async begin() {
    const message = () => dataMessage({ count: 1_000, intervalMs: 500 });
    // What is refused because too much is going on is sent again, as clients do.
    const started = Array.from({ length: TICKERS }, () =>
      this.#untilTaken(() => this.#client.sendImmediately('ticker', message())),
    );
    await Promise.all(started);
    for (let lane = 0; lane < CHAINS; lane++) void this.#chains();
  }

  stop() {
    this.#stopped = true;
  }

  async #chains() {
    while (!this.#stopped) {
      await this.#untilTaken(() => this.#client.send('chainOfFive', textMessage()));
      if (!this.#stopped) this.finished += 1;
    }
  }

  async #untilTaken(call) {
    while (!this.#stopped) {
      try {
        return await call();
      } catch {
        await sleep(1_000);
      }
    }
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
