import { ContentTypeNotSupportedError, InvalidParamsError } from '../a2a/errors';
import { type InputMapping, inputOf, inputWanted } from '../a2a/parts';
import type { Message } from '../a2a/types';
import type { AgentConfig } from '../config/agents';

/**
 * What a plain workflow gets as its one argument.
 * @throws InvalidParamsError when the message does not hold it
 */
export function workflowInput(message: Message, mapping: InputMapping): unknown {
  const input = inputOf(message, mapping);
  if (input === undefined) {
    const description = `this agent needs ${inputWanted(mapping)}`;
    throw new InvalidParamsError([{ field: 'message.parts', description }]);
  }
  return input;
}

/**
 * Checks the media types that the message's parts declare against what the agent and its skills accept.
 * @throws ContentTypeNotSupportedError (specification section 3.3.2)
 */
export function assertContentTypes(message: Message, agent: AgentConfig): void {
  const { defaultInputModes } = agent;
  if (defaultInputModes === undefined) return;
  const accepted = [...defaultInputModes, ...agent.skills.flatMap((skill) => skill.inputModes ?? [])];
  for (const [index, { mediaType }] of message.parts.entries()) {
    if (!mediaType || accepted.some((mode) => matches(mediaType, mode))) continue;
    throw new ContentTypeNotSupportedError({
      message: `message.parts[${index}].mediaType: this agent accepts ${[...new Set(accepted)].join(', ')}`,
      metadata: { accepted: [...new Set(accepted)].join(', ') },
    });
  }
}

/** Parameters such as `charset` do not matter; `text/*` accepts every text. */
function matches(mediaType: string, mode: string): boolean {
  const [type = '', subtype = ''] = bare(mediaType).split('/');
  const [acceptedType, acceptedSubtype] = bare(mode).split('/');
  return (
    (acceptedType === '*' || acceptedType === type) &&
    (acceptedSubtype === '*' || acceptedSubtype === subtype)
  );
}

function bare(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}
