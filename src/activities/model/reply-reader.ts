import { ApplicationFailure } from '@temporalio/common';
import { isObject } from '../../a2a/is-object';
import { estimateTokens, type ModelReply, type ModelToolCall } from '../../contract/model-call';
import { ModelError, toModelError } from './model-error';
import { ReasoningReader } from './reasoning-reader';
import { ToolCallReader } from './tool-call-reader';

/** What one answer may have of text and tool calls; it has to fit into Temporal's payloads, with the conversation. */
const MAX_REPLY_CHARACTERS = 250_000;
const MAX_CALLS = 128;

/** Puts the chunks of an answer together. A whole answer is one chunk, with `message` in the place of `delta`. */
export class ReplyReader {
  private text = '';
  private characters = 0;
  private finishReason: string | undefined;
  private isDone = false;
  private usage: Record<string, unknown> = {};
  private readonly calls = new ToolCallReader();
  private readonly reasoning = new ReasoningReader();

  /**
   * The text that the chunk brings.
   * @throws ModelError when it tells of an error; ApplicationFailure, not retryable, when the answer is too large
   */
  read(chunk: Record<string, unknown>): string {
    if (isObject(chunk.usage)) this.usage = { ...this.usage, ...chunk.usage };
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isObject(choice)) return '';
    if (choice.finish_reason === 'error') {
      throw toModelError(choice.error ?? chunk.error) ?? new ModelError('it ended its answer with an error');
    }
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      this.finishReason = choice.finish_reason;
    }
    const delta = choice.delta ?? choice.message;
    if (!isObject(delta)) return '';
    let characters = this.reasoning.read(delta);
    for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
      characters += this.calls.read(call);
    }
    const text = this.textIn(delta);
    this.text += text;
    this.grow(characters + text.length);
    return text;
  }

  /** The endpoint said that the answer is complete (`[DONE]`). */
  done(): void {
    this.isDone = true;
  }

  /**
   * @param prompt what was sent, for an endpoint that does not count tokens
   * @throws ApplicationFailure, retryable, when the answer is not complete
   */
  finish(prompt: unknown): ModelReply {
    const toolCalls = this.calls.finish();
    const hasAnswer = this.text !== '' || toolCalls.length > 0;
    if (this.finishReason === undefined && !(this.isDone && hasAnswer)) {
      throw ApplicationFailure.create({
        message: 'The answer of the model broke off in the middle',
        type: 'MODEL_CUT_OFF',
      });
    }
    const carried = this.reasoning.finish(toolCalls.length > 0);
    return {
      text: this.text,
      toolCalls,
      finishReason: this.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
      usage: this.countTokens(prompt, toolCalls),
      ...(Object.keys(carried).length > 0 && { carried }),
    };
  }

  private textIn({ content, refusal }: Record<string, unknown>): string {
    const text = Array.isArray(content) ? this.reasoning.readParts(content) : content;
    if (typeof text === 'string' && text !== '') return text;
    // A refusal is what the model has to say.
    return typeof refusal === 'string' ? refusal : '';
  }

  private grow(characters: number): void {
    this.characters += characters;
    if (this.characters <= MAX_REPLY_CHARACTERS && this.calls.size <= MAX_CALLS) return;
    throw ApplicationFailure.nonRetryable(
      `The model's answer is longer than ${MAX_REPLY_CHARACTERS} characters`,
      'MODEL_ANSWER_TOO_LARGE',
    );
  }

  private countTokens(prompt: unknown, toolCalls: ModelToolCall[]): ModelReply['usage'] {
    const counted = [this.usage.prompt_tokens, this.usage.completion_tokens].map(countOf);
    const [promptTokens = estimateTokens(prompt), completionTokens = estimateTokens([this.text, toolCalls])] =
      counted;
    return {
      promptTokens,
      completionTokens,
      totalTokens: countOf(this.usage.total_tokens) ?? promptTokens + completionTokens,
      ...(counted.includes(undefined) && { estimated: true }),
    };
  }
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
