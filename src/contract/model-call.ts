import type { JsonValue, Struct } from '../a2a/types';
import type { RemoteAgent, Waiting } from './agent-call';
import { payloadBytes } from './limits';

/**
 * What crosses between the workflow `model` and the activities that serve it. No secret is in it: the key of a
 * model is named (`env:NAME`, `file:PATH`) and read where it is used.
 */

/** A message of a conversation with a model, as the chat completions API writes it. */
export type ModelMessage =
  | { role: 'system' | 'user'; content: string }
  | ({
      role: 'assistant';
      content: string | JsonValue[] | null;
      tool_calls?: ModelToolCall[];
    } & CarriedFields)
  | { role: 'tool'; tool_call_id: string; content: string };

/** Fields of an answer, such as reasoning, that the endpoint wants to see again; as they came. */
export interface CarriedFields {
  reasoning_content?: JsonValue;
  reasoning_details?: JsonValue;
  extra_content?: JsonValue;
}

export interface ModelToolCall {
  id: string;
  type: 'function';
  /** As the endpoint gave it, such as the signature of a thought. */
  extra_content?: JsonValue;
  /** `arguments` is JSON as the model wrote it, which may be anything. */
  function: { name: string; arguments: string };
}

/** Where a model answers, and how it is to answer. */
export interface ModelEndpoint {
  /** Of an OpenAI-compatible API, as in `https://api.openai.com/v1`. */
  baseUrl: string;
  model: string;
  /** `env:NAME` or `file:PATH`; no key is sent when left out. */
  apiKey?: string;
  temperature?: number;
  /** Longest answer, in tokens. */
  maxTokens?: number;
  /** Further fields of each request, as they are. */
  parameters?: Struct;
}

/** An agent that a model may call. */
export interface ModelTool {
  /** Valid as a function name: 1 to 64 letters, digits, `_` and `-`; unique among a model's tools. */
  name: string;
  description: string;
  /** ID of an agent of this bridge, or a remote agent. */
  target: string | RemoteAgent;
  /** How the answer of a remote agent is waited for. */
  waiting?: Waiting;
}

/** An agent of agents.yaml that a model may call, before it is known what it can do. */
export type ModelToolRef =
  | string
  | (RemoteAgent & { name?: string; description?: string; waiting?: Waiting });

/** Argument of the activity `callModel`: one turn. */
export interface ModelCall {
  endpoint: ModelEndpoint;
  messages: ModelMessage[];
  tools: Pick<ModelTool, 'name' | 'description'>[];
  /** Offer {@link ASK_USER} too. */
  askUser: boolean;
  /** Artifact that the text of the answer is streamed into. */
  artifactId: string;
}

export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  /** The endpoint did not count, so the numbers are {@link estimateTokens}'s. */
  estimated?: true;
}

/** What a model answered in one turn. */
export interface ModelReply {
  text: string;
  toolCalls: ModelToolCall[];
  /** `stop`, `tool_calls`, `length` or `content_filter`, or what else the endpoint says. */
  finishReason: string;
  usage: ModelUsage;
  /** What the message has beside text and calls when it is sent again; `content` in the place of the text. */
  carried?: CarriedFields & { content?: JsonValue[] };
}

/** Argument of the activity `recallContext`. */
export interface RecallRequest {
  agentId: string;
  contextId: string;
  owner: string;
  /** The task that wants to remember; it is left out. */
  taskId: string;
  /** Tokens that the memory may have, by {@link estimateTokens}. */
  tokens: number;
}

/** The tool by which a model asks the client. */
export const ASK_USER = 'ask_user';

/** The activities that the workflow `model` needs; the built-in worker has them. */
export interface ModelActivities {
  /** @throws ApplicationFailure, not retryable, for a 4xx and an answer that is too large */
  callModel(call: ModelCall): Promise<ModelReply>;
  /** @throws ApplicationFailure, not retryable, when the bridge has no such agent */
  describeTools(tools: ModelToolRef[], agentId: string): Promise<ModelTool[]>;
  /** What was said in earlier tasks of the context, oldest first. */
  recallContext(request: RecallRequest): Promise<ModelMessage[]>;
}

/**
 * Tokens that a value takes, roughly: a quarter of its bytes as JSON, and never fewer than one. Near the truth for
 * English, high for code; an estimate that needs no vocabulary and is the same in every process.
 */
export function estimateTokens(value: unknown): number {
  return Math.max(1, Math.ceil(payloadBytes(value) / 4));
}

/** Bytes of JSON that so many tokens are estimated to be. */
export function bytesOfTokens(tokens: number): number {
  return tokens * 4;
}
