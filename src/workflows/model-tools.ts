import { isCancellation } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import type { Content } from '../a2a/parts';
import type { Message, Part, Struct } from '../a2a/types';
import type { ModelDefinition } from '../config/model';
import { ASK_USER, type ModelMessage, type ModelTool, type ModelToolCall } from '../contract/model-call';
import { modelText } from '../contract/model-text';
import { answerParts, callAgent } from './call-agent';
import type { AskOptions } from './calling-task';
import { cutText } from './model-conversation';
import { readError } from './readings';

/** Tool calls of one turn that are carried out; a model that asks for more is told so. */
const MAX_CALLS_PER_TURN = 32;

export interface ToolsOptions {
  tools: readonly ModelTool[];
  definition: ModelDefinition;
  /** Asks the client, and waits for the answer. */
  ask: (question: Content, options?: AskOptions) => Promise<Message>;
}

/** Carries out what a model asks for: other agents, and questions to the user. */
export class ModelTools {
  private readonly byName: Map<string, ModelTool>;

  constructor(private readonly options: ToolsOptions) {
    this.byName = new Map(options.tools.map((tool) => [tool.name, tool]));
  }

  /**
   * All calls of a turn at once. What goes wrong becomes the call's result, for the model to deal with.
   * @throws CancelledFailure when the task is cancelled
   */
  run(calls: readonly ModelToolCall[]): Promise<ModelMessage[]> {
    const tokens = Math.max(50, Math.floor(this.options.definition.contextTokens / 4 / calls.length));
    return Promise.all(
      calls.map(async (call, index): Promise<ModelMessage> => {
        const result =
          index < MAX_CALLS_PER_TURN
            ? await this.result(call)
            : failure(`Not called: no more than ${MAX_CALLS_PER_TURN} calls at once`);
        return { role: 'tool', tool_call_id: call.id, content: cutText(result, tokens) };
      }),
    );
  }

  private async result({ function: { name, arguments: json } }: ModelToolCall): Promise<string> {
    const input = parseObject(json);
    if (input === undefined) return failure('The arguments must be a JSON object');
    if (name === ASK_USER && this.options.definition.askUser) {
      if (typeof input.question !== 'string' || input.question === '') return failure('question is missing');
      return modelText((await this.options.ask(input.question)).parts);
    }
    const tool = this.byName.get(name);
    if (tool === undefined) {
      return failure(
        `There is no tool ${JSON.stringify(name)}; there are: ${[...this.byName.keys()].join(', ')}`,
      );
    }
    const parts = partsOfInput(input);
    return parts.length === 0 ? failure('message is missing') : this.call(tool, parts);
  }

  private async call({ target, waiting }: ModelTool, parts: Part[]): Promise<string> {
    try {
      const answer = await callAgent(target, parts, {
        relay: this.options.definition.relay,
        ...(waiting !== undefined && { waiting }),
        onInput: async ({ status: { message } }, asking) => {
          const question = message?.parts ?? [{ text: 'More input is needed' }];
          return (await this.options.ask(question, asking)).parts;
        },
      });
      const said = answerParts(answer);
      const closing = answer.task?.status.message?.parts ?? [];
      return modelText(said.length > 0 ? said : closing) || 'Done, without a result.';
    } catch (error) {
      if (isCancellation(error) || !(error instanceof Error)) throw error;
      return failure(reasonOf(error));
    }
  }
}

function partsOfInput({ message, data }: Struct): Part[] {
  return [
    ...(typeof message === 'string' && message !== '' ? [{ text: message }] : []),
    ...(data !== undefined && data !== null ? [{ data }] : []),
  ];
}

function parseObject(json: string): Struct | undefined {
  try {
    const value: unknown = JSON.parse(json.trim() === '' ? '{}' : json);
    return isObject(value) ? (value as Struct) : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: Error): string {
  return readError(error).message || 'the call failed';
}

function failure(reason: string): string {
  return JSON.stringify({ error: reason });
}
