// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are read freely in tests
export type Body = any;

export interface WireAnswer {
  status: number;
  headers: Headers;
  body: Body;
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** Calls a method of JSON-RPC, in 0.3 because it names no version. */
export async function rpc(
  url: string,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
): Promise<WireAnswer> {
  return read(await postRpc(url, method, params, headers));
}

function postRpc(url: string, method: string, params: unknown, headers: Record<string, string>) {
  return fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  });
}

/** Sends what a page of curl examples sends; without a body when there is none. */
export async function rest(method: string, url: string, body?: unknown): Promise<WireAnswer> {
  return read(await requestRest(method, url, body));
}

function requestRest(method: string, url: string, body?: unknown) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(url, { method, headers: JSON_HEADERS, ...sent });
}

async function read(response: Response): Promise<WireAnswer> {
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export interface WireEvent {
  id?: string;
  event?: string;
  data: Body;
}

/** A stream of JSON-RPC, to its end. */
export async function events(
  url: string,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
) {
  return readEvents(await postRpc(url, method, params, headers));
}

/** A stream of HTTP+JSON, to its end. */
export async function restEvents(method: string, url: string, body?: unknown) {
  return readEvents(await requestRest(method, url, body));
}

async function readEvents(response: Response) {
  const text = await response.text();
  return { contentType: response.headers.get('Content-Type'), list: parseEvents(text) };
}

/** The events of a whole SSE body; each has its data on one line. */
export function parseEvents(text: string): WireEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      return { ...fields, data: JSON.parse(fields.data ?? 'null') };
    });
}
