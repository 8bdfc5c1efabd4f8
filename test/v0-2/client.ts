/** A client of April 2025, as its documents show one: JSON-RPC by `fetch`, streams read line by line. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read freely in tests
type Body = any;

export interface OldCaller {
  /** The whole JSON-RPC answer. */
  rpc(method: string, params: object, headers?: Record<string, string>): Promise<Body>;
  /** The `result` of each event of a stream, to its end. */
  events(method: string, params: object, headers?: Record<string, string>): Promise<Body[]>;
}

export function oldCaller(url: string, always: Record<string, string> = {}): OldCaller {
  const post = (method: string, params: object, headers: Record<string, string>) =>
    fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...always, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
  return {
    rpc: async (method, params, headers = {}) => (await post(method, params, headers)).json(),
    events: async (method, params, headers = {}) => {
      const response = await post(method, params, headers);
      const text = await response.text();
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(text);
      return text
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => JSON.parse(line.slice(6)).result);
    },
  };
}

export function oldMessage(content: string | object[] = 'hi'): object {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return { role: 'user', parts };
}
