import type { Part } from '../a2a/types';

/** Parts as a model reads them: text as it is, data as JSON; of a file only its name, type and URL. */
export function modelText(parts: readonly Part[]): string {
  return parts.map(partText).join('\n');
}

function partText(part: Part): string {
  if (part.text !== undefined) return part.text;
  if (part.data !== undefined) return JSON.stringify(part.data);
  const about = [part.filename, part.mediaType, part.url].filter(Boolean).join(', ');
  return `[file${about === '' ? '' : `: ${about}`}]`;
}
