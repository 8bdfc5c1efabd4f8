import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the server. */
export type Answer =
  /** Text, piece by piece; `finish` unless it is "stop". */
  | { text: string[]; finish?: string; usage?: [number, number] | 'none' }
  /** Calls of tools, their arguments cut into deltas; text may come before. */
  | { calls: { name: string; arguments: object | string }[]; text?: string[]; usage?: [number, number] }
  | { status: number; message?: string; headers?: Record<string, string> }
  /** Sends the text, waits, and sends the rest. */
  | { text: string[]; until: Promise<unknown>; rest: string[] }
  /** Sends the text and then an error, in the stream. */
  | { text: string[]; error: { message: string; code?: number | string } }
  /** Sends the text and cuts the connection. */
  | { cut: string[] }
  /** Sends the text and ends the response in good order, but without saying that it is done. */
  | { unfinished: string[] }
  /** Sends the text and then nothing, for ever. */
  | { hang: string[] }
  /** Sends text without end. */
  | { endless: string }
  /** Sends these deltas, or whole chunks, and what is in `end` as it is. */
  | { deltas: object[]; end?: string[] }
  /** Sends a body as it is. */
  | { body: string | object; type?: string; status?: number };

/** The chunk that ends an answer. */
export const FINISH = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`;

export interface ChatRequest {
  model: string;
  messages: { role: string; content: unknown; tool_calls?: unknown[]; tool_call_id?: string }[];
  tools?: { function: { name: string; description: string; parameters: object } }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  [field: string]: unknown;
}

export interface Received {
  body: ChatRequest;
  headers: IncomingMessage['headers'];
  /** Path and query. */
  url: string;
  /** When it came, in ms. */
  at: number;
  /** The client has gone before the answer was complete. */
  aborted: boolean;
}

export interface FakeOpenAI {
  baseUrl: string;
  requests: Received[];
  /** Answers of the next requests, in order; a request without one gets status 500. */
  answer(...answers: (Answer | ((request: ChatRequest) => Answer))[]): void;
  /** Forgets requests and answers. */
  reset(): void;
  close(): Promise<void>;
}

/** A local server that speaks the streaming chat completions API. */
export async function startFakeOpenAI(): Promise<FakeOpenAI> {
  const requests: Received[] = [];
  const answers: (Answer | ((request: ChatRequest) => Answer))[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
      const received: Received = {
        body,
        headers: req.headers,
        url: req.url ?? '',
        at: Date.now(),
        aborted: false,
      };
      requests.push(received);
      res.on('close', () => {
        received.aborted = !res.writableFinished;
      });
      const next = answers.shift() ?? { status: 500, message: 'no answer is left' };
      void respond(res, body, typeof next === 'function' ? next(body) : next);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answer: (...more) => void answers.push(...more),
    reset: () => {
      requests.length = 0;
      answers.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(res: ServerResponse, body: ChatRequest, answer: Answer): Promise<void> {
  if ('body' in answer) {
    const isText = typeof answer.body === 'string';
    res.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/json' });
    res.end(isText ? answer.body : JSON.stringify(answer.body));
    return;
  }
  if ('status' in answer) {
    res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    res.end(JSON.stringify({ error: { message: answer.message ?? 'no', type: 'error', code: null } }));
    return;
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: body.model };
  const send = (chunk: object) => res.write(`data: ${JSON.stringify({ ...base, ...chunk })}\n\n`);
  const delta = (piece: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: piece, finish_reason: finish }] });
  const done = (finish: string, usage: [number, number] | 'none' = [10, 5]) => {
    delta({}, finish);
    if (usage !== 'none') {
      const [prompt, completion] = usage;
      const counted = {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
      };
      send({ choices: [], usage: counted });
    }
    res.end('data: [DONE]\n\n');
  };
  if ('deltas' in answer) {
    for (const piece of answer.deltas) {
      if ('choices' in piece || 'error' in piece) send(piece);
      else delta(piece);
    }
    res.end((answer.end ?? [FINISH, 'data: [DONE]\n\n']).join(''));
    return;
  }
  delta({ role: 'assistant', content: '' });
  if ('text' in answer) for (const text of answer.text ?? []) delta({ content: text });
  if ('calls' in answer) {
    for (const [index, call] of answer.calls.entries()) {
      const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
      const half = Math.ceil(json.length / 2);
      delta({
        tool_calls: [
          { index, id: `call-${index}`, type: 'function', function: { name: call.name, arguments: '' } },
        ],
      });
      for (const piece of [json.slice(0, half), json.slice(half)]) {
        delta({ tool_calls: [{ index, function: { arguments: piece } }] });
      }
    }
    done('tool_calls', answer.usage);
  } else if ('error' in answer) {
    res.end(`data: ${JSON.stringify({ error: answer.error })}\n\n`);
  } else if ('until' in answer) {
    await answer.until;
    for (const text of answer.rest) delta({ content: text });
    done('stop');
  } else if ('text' in answer) {
    done(answer.finish ?? 'stop', answer.usage);
  } else if ('cut' in answer) {
    for (const text of answer.cut) delta({ content: text });
    setImmediate(() => res.destroy());
  } else if ('unfinished' in answer) {
    for (const text of answer.unfinished) delta({ content: text });
    res.end();
  } else if ('hang' in answer) {
    for (const text of answer.hang) delta({ content: text });
  } else {
    while (!res.destroyed) {
      if (!delta({ content: answer.endless })) await new Promise((resolve) => res.once('drain', resolve));
    }
  }
}
