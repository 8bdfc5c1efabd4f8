// A model for frameworks that insist on one: OpenAI's chat completions and responses, and Gemini's generateContent,
// whole and streamed. What it answers is lib/script.mjs.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chatCompletions } from './model-apis/chat-completions.mjs';
import { gemini } from './model-apis/gemini.mjs';
import { responses } from './model-apis/responses.mjs';
import { answerTo } from './script.mjs';

const APIS = [chatCompletions, responses, gemini];

/** @returns {Promise<{url: string, broken: () => number, close: () => Promise<void>}>} `broken` counts streams whose reader has left */
export async function startFakeModel() {
  let broken = 0;
  const server = createServer(async (request, response) => {
    try {
      let text = '';
      for await (const chunk of request) text += chunk;
      const api = APIS.find(({ path }) => path.test(request.url));
      if (api === undefined) return json(response, 404, { error: { message: `no ${request.url} here` } });
      const body = JSON.parse(text);
      const answer = answerTo(api.turns(body));
      // No status that SDKs try again.
      if (answer.error !== undefined) return json(response, 400, api.error(answer.error));
      if (!api.streams(request.url, body)) {
        if (answer.words === undefined) return json(response, 200, api.whole(answer, body));
        const left = await paced(answer, response, () => {});
        if (left) broken += 1;
        else json(response, 200, api.whole({ text: answer.words.join('') }, body));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (events) => {
        for (const event of events) {
          const name = event.type === undefined ? '' : `event: ${event.type}\n`;
          response.write(`${name}data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
        }
      };
      send(api.begin(body));
      if (answer.words === undefined) send(api.other(answer));
      else if (await paced(answer, response, (word) => send(api.word(word)))) broken += 1;
      send(api.end(answer, body));
      response.end();
    } catch (error) {
      if (!response.headersSent) json(response, 500, { error: { message: `fake model: ${error.stack}` } });
      else response.destroy();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    broken: () => broken,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

/** @returns whether the reader has left before the end */
async function paced({ words, pauseMs }, response, say) {
  for (const word of words) {
    if (response.destroyed) return true;
    say(word);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return response.destroyed;
}

function json(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
