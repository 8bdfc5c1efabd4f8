import { ApplicationFailure } from '@temporalio/common';
import type OpenAI from 'openai';
import { estimateTokens, type ModelReply, type ModelToolCall } from '../../contract/model-call';

/** What one answer may have of text and tool calls; it has to fit into Temporal's payloads, with the conversation. */
const MAX_REPLY_CHARACTERS = 250_000;

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** Puts the chunks of a streamed answer together. */
export class ReplyReader {
  private text = '';
  private characters = 0;
  private finishReason: string | undefined;
  private usage: Chunk['usage'];
  private readonly calls = new Map<number, ModelToolCall>();

  /**
   * The text that the chunk brings.
   * @throws ApplicationFailure, not retryable, when the answer has grown too large
   */
  read(chunk: Chunk): string {
    if (chunk.usage) this.usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (choice === undefined) return '';
    if (choice.finish_reason) this.finishReason = choice.finish_reason;
    for (const call of choice.delta?.tool_calls ?? []) this.readCall(call);
    // A refusal is what the model has to say.
    const text = choice.delta?.content || choice.delta?.refusal || '';
    this.text += text;
    this.grow(text.length);
    return text;
  }

  /** @param prompt what was sent, for an endpoint that does not count tokens */
  finish(prompt: unknown): ModelReply {
    if (this.finishReason === undefined) {
      throw ApplicationFailure.create({
        message: 'The answer of the model broke off in the middle',
        type: 'MODEL_CUT_OFF',
      });
    }
    const toolCalls = [...this.calls.entries()]
      .sort(([a], [b]) => a - b)
      .map(([index, call]) => ({ ...call, id: call.id || `call_${index}` }));
    return {
      text: this.text,
      toolCalls,
      finishReason: this.finishReason,
      usage: this.countTokens(prompt, toolCalls),
    };
  }

  private readCall({
    index = 0,
    id,
    function: piece,
  }: NonNullable<Chunk['choices'][0]['delta']['tool_calls']>[0]): void {
    // Some endpoints send calls whole and give all of them the same index, or none.
    const known = this.calls.get(index);
    const at = known !== undefined && id && known.id !== '' && known.id !== id ? this.calls.size : index;
    const call = this.calls.get(at) ?? { id: '', type: 'function', function: { name: '', arguments: '' } };
    this.calls.set(at, call);
    if (id) call.id = id;
    call.function.name += piece?.name ?? '';
    call.function.arguments += piece?.arguments ?? '';
    this.grow((piece?.name?.length ?? 0) + (piece?.arguments?.length ?? 0));
  }

  private grow(characters: number): void {
    this.characters += characters;
    if (this.characters <= MAX_REPLY_CHARACTERS && this.calls.size <= 128) return;
    throw ApplicationFailure.nonRetryable(
      `The model's answer is longer than ${MAX_REPLY_CHARACTERS} characters`,
      'MODEL_ANSWER_TOO_LARGE',
    );
  }

  private countTokens(prompt: unknown, toolCalls: ModelToolCall[]): ModelReply['usage'] {
    if (this.usage) {
      const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = this.usage;
      return {
        promptTokens,
        completionTokens,
        totalTokens: this.usage.total_tokens ?? promptTokens + completionTokens,
      };
    }
    const promptTokens = estimateTokens(prompt);
    const completionTokens = estimateTokens([this.text, toolCalls]);
    return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, estimated: true };
  }
}
