import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { ASK_USER, type ModelCall, type ModelReply } from '../../contract/model-call';
import { type Meter, NO_METER } from '../../metrics/meter';
import { NO_TRACING, type Tracing } from '../../tracing/tracing';
import { withTaskReporter } from '../task-reporter';
import { AnswerStream } from './answer-stream';
import { readCompletion, wordsIn } from './completion-body';
import { toModelFailure } from './model-error';
import { ReplyReader } from './reply-reader';
import { readSecret } from './secret';
import { tracedModel } from './traced-model';

/** How often Temporal hears of the call, in ms; with the answer it tells whether the task was cancelled. */
const HEARTBEAT_MS = 1_000;

type Request = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
type Tool = OpenAI.Chat.Completions.ChatCompletionFunctionTool;

/**
 * One turn of a model. Its text leaves, while it comes, as chunks of the artifact `call.artifactId`; a further
 * attempt may bring other words, so it begins that artifact anew instead of going on behind the old ones.
 */
export function createCallModel(metrics: Meter = NO_METER, tracing: Tracing = NO_TRACING) {
  return async function callModel(call: ModelCall): Promise<ModelReply> {
    const { model } = call.endpoint;
    const span = tracedModel(tracing, call.endpoint);
    const started = performance.now();
    let outcome = 'OK';
    try {
      const reply = await span.run(() => callOnce(call));
      span.used(reply.usage);
      metrics.add('a2a_model_tokens_total', { model, type: 'input' }, reply.usage.promptTokens);
      metrics.add('a2a_model_tokens_total', { model, type: 'output' }, reply.usage.completionTokens);
      return reply;
    } catch (error) {
      outcome = Context.current().cancellationSignal.aborted ? 'CANCELED' : outcomeOf(error);
      throw error;
    } finally {
      const seconds = (performance.now() - started) / 1_000;
      metrics.observe('a2a_model_call_duration_seconds', { model, outcome }, seconds);
      span.end(outcome);
    }
  };
}

/** Types of failures are few; whatever else is thrown is one outcome. */
function outcomeOf(error: unknown): string {
  return (error instanceof ApplicationFailure && error.type) || 'ERROR';
}

async function callOnce(call: ModelCall): Promise<ModelReply> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await withTaskReporter(async (reporter) => {
      // What an earlier attempt has said stays in the history; this one begins the artifact anew.
      reporter.resumeAt();
      return ask(call, new AnswerStream(reporter, call.artifactId), context.cancellationSignal);
    });
  } finally {
    clearInterval(beat);
  }
}

async function ask(call: ModelCall, answer: AnswerStream, signal: AbortSignal): Promise<ModelReply> {
  const { endpoint } = call;
  const key = endpoint.apiKey === undefined ? undefined : await readSecret(endpoint.apiKey);
  const reader = new ReplyReader();
  const request = toRequest(call);
  try {
    const { body } = await connect(endpoint.baseUrl, key)
      .chat.completions.create(request, { signal })
      .asResponse();
    for await (const chunk of body === null ? [] : readCompletion(body)) {
      const text = chunk === 'done' ? '' : reader.read(chunk);
      if (chunk === 'done') reader.done();
      if (text !== '') await answer.append(text);
    }
    throwIfCancelled(signal);
    const reply = reader.finish([request.messages, request.tools]);
    await answer.end();
    return reply;
  } catch (error) {
    throwIfCancelled(signal);
    throw toModelFailure(error, endpoint.model, key);
  } finally {
    answer.stop();
  }
}

/** The client takes nothing from the environment, and leaves retries to Temporal. */
function connect(baseUrl: string, key: string | undefined): OpenAI {
  const url = new URL(baseUrl);
  const query = Object.fromEntries(url.searchParams);
  url.search = '';
  return new OpenAI({
    baseURL: url.href,
    defaultQuery: query,
    apiKey: key ?? 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    // The activity's own timeout ends a call.
    timeout: 24 * 60 * 60_000,
    logLevel: 'off',
    fetch: fetchInWords,
    ...(key === undefined && { defaultHeaders: { Authorization: null } }),
  });
}

/** Errors in the one form whose words the client finds. */
const fetchInWords: typeof fetch = async (url, init) => {
  const response = await fetch(url, init);
  if (response.ok) return response;
  const { status, headers } = response;
  const retry = [...headers].filter(([name]) => name.startsWith('retry-after'));
  const error = { message: wordsIn(await response.text()) };
  return new Response(JSON.stringify({ error }), {
    status,
    headers: [...retry, ['content-type', 'application/json']],
  });
};

/** `parameters` may replace what is added here, or take it away with null; messages and model are the bridge's own. */
function toRequest({ endpoint, messages, tools, askUser }: ModelCall): Request {
  const { model, temperature, maxTokens, parameters = {} } = endpoint;
  const offered = [...tools.map(agentTool), ...(askUser ? [askUserTool] : [])];
  const added = {
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(offered.length > 0 && { tools: offered }),
  };
  const kept = Object.entries({ ...added, ...parameters }).filter(
    ([key, value]) => value !== null || !(key in added),
  );
  return { ...Object.fromEntries(kept), model, messages } as Request;
}

function agentTool({ name, description }: { name: string; description: string }): Tool {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters: {
        type: 'object',
        properties: {
          message: { type: 'string', description: 'What to tell the agent, complete in itself' },
          data: { type: 'object', description: 'Structured input, for an agent that takes some' },
        },
        required: ['message'],
      },
    },
  };
}

const askUserTool: Tool = {
  type: 'function',
  function: {
    name: ASK_USER,
    description: 'Asks the user a question and waits for the answer. For what nobody else can know.',
    parameters: {
      type: 'object',
      properties: { question: { type: 'string' } },
      required: ['question'],
    },
  },
};

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason;
}
