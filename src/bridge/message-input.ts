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

/** Schemes of file URLs that every agent takes. */
const WEB_SCHEMES = ['http', 'https'];

/**
 * Checks the URLs of the message's parts (specification section 4.1.6): an agent that fetches them should not be led to
 * `file:` and the like, unless it says that it takes them.
 * @throws InvalidParamsError that names each part
 */
export function assertPartUrls(message: Message, { urlSchemes = [] }: AgentConfig): void {
  const accepted = [...WEB_SCHEMES, ...urlSchemes];
  const violations = message.parts.flatMap(({ url }, index) => {
    if (url === undefined) return [];
    const scheme = URL.canParse(url) ? new URL(url).protocol.slice(0, -1) : undefined;
    if (scheme !== undefined && accepted.includes(scheme)) return [];
    const got = scheme === undefined ? 'no absolute URL' : `the scheme ${scheme.slice(0, 40)}`;
    const description = `must be a URL with one of the schemes ${accepted.join(', ')}, got ${got}`;
    return [{ field: `message.parts[${index}].url`, description }];
  });
  if (violations.length > 0) throw new InvalidParamsError(violations);
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
