import type { Artifact, Part } from '../../a2a/types';

/** What of an artifact is not in `known` yet: all of it, the rest of it, or nothing. */
export function newIn(
  artifact: Artifact,
  known: Artifact | undefined,
): { artifact: Artifact; append?: boolean } | undefined {
  if (known === undefined) return { artifact };
  const rest = newParts(artifact.parts, known.parts);
  if (rest === undefined) return { artifact };
  if (rest.length === 0) return undefined;
  return { artifact: { artifactId: artifact.artifactId, parts: rest }, append: true };
}

/** What follows `known` in `parts`; undefined when they do not begin with it. */
export function newParts(parts: readonly Part[], known: readonly Part[]): Part[] | undefined {
  const whole = joinedTexts(parts);
  const before = joinedTexts(known);
  const rest: Part[] = whole.slice(before.length);
  for (const [index, part] of before.entries()) {
    const now = whole[index];
    if (JSON.stringify(part) === JSON.stringify(now)) continue;
    const grown = index === before.length - 1 && now !== undefined && isText(now) && isText(part);
    if (!grown || !now.text.startsWith(part.text)) return undefined;
    rest.unshift({ text: now.text.slice(part.text.length) });
  }
  return rest;
}

/** Plain texts next to each other are one: where a text was cut on its way means nothing. */
export function joinedTexts(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && isText(last) && isText(part))
      result[result.length - 1] = { text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

function isText(part: Part): part is { text: string } {
  return part.text !== undefined && Object.keys(part).length === 1;
}

/** Whether there is anything in parts: content, or text that is not empty. */
export function saySomething(parts: readonly Part[] = []): boolean {
  return parts.some(({ text }) => text !== '');
}
