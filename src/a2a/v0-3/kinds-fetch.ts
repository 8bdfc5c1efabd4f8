import { isObject } from '../is-object';
import { mapEvents, type ServerSentEvent } from '../server-sent-events';
import { eventOfKinds, sendWithKinds } from './kinds';

/** What servers say to a body whose shape they do not know; nothing has come of it. */
const NOT_UNDERSTOOD = [400, 422];

const SEND = /\/v1\/message:(send|stream)$/;
const TASK = /\/v1\/tasks\/[^/:]+(:cancel|:subscribe)?$/;

/**
 * A `fetch` for clients that speak ProtoJSON over HTTP+JSON of 0.3, as the official SDKs do, to servers that speak
 * JSON with kinds, such as Retool's. A send that was not understood is sent again with kinds; what comes back with
 * kinds is handed on as ProtoJSON. Whatever else is left as it is.
 */
export function kindsFetch(inner: typeof fetch): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const [sends, onTask] = [SEND.test(url.pathname), TASK.exec(url.pathname)];
    if (!sends && onTask === null) return await inner(input, init);
    let response = await inner(input, init);
    if (sends && NOT_UNDERSTOOD.includes(response.status)) {
      const again = sendWithKinds(parse(init?.body));
      if (again === undefined) return response;
      const other = await inner(input, { ...init, body: JSON.stringify(again) });
      await (other.ok ? response : other).body?.cancel();
      if (other.ok) response = other;
    }
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || response.body === null) return response;
    if (type.startsWith('text/event-stream')) {
      return new Response(response.body.pipeThrough(mapEvents(toProtoEvent)), response);
    }
    if (!/^application\/([a-z0-9.+-]+\+)?json/.test(type)) return response;
    const text = await response.text();
    const answer = parse(text);
    const verb = onTask?.[1];
    if (verb === ':cancel' && isObject(answer) && typeof answer.success === 'boolean' && !('id' in answer)) {
      if (!answer.success) return notCancelable(answer.message);
      url.pathname = url.pathname.slice(0, -':cancel'.length);
      const { body: _, ...got } = init ?? {};
      return await kindsFetch(inner)(url, { ...got, method: 'GET' });
    }
    const event = eventOfKinds(answer);
    // The answer of a send says what it is, that of all others is the Task.
    const told = event === undefined || sends ? event : event.task;
    return new Response(told === undefined ? text : JSON.stringify(told), response);
  };
}

/** Retool's servers answer 200 to it. */
function notCancelable(message: unknown): Response {
  const error = { code: -32002, message: String(message ?? 'Task cannot be canceled') };
  return Response.json({ ...error, type: 'TaskNotCancelableError' }, { status: 409 });
}

/** An event with kinds as ProtoJSON, without a name; any other as it is. */
function toProtoEvent({ data, event, id }: ServerSentEvent): ServerSentEvent {
  const told = data === '' ? undefined : eventOfKinds(parse(data));
  return {
    data: told === undefined ? data : JSON.stringify(told),
    ...(told === undefined && event !== undefined && { event }),
    ...(id !== undefined && { id }),
  };
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    return undefined;
  }
}
