/** Characters that Temporal's Keyword columns hold, in SQL. */
const MAX_LENGTH = 255;

/** Whatever is not a letter, a digit or harmless. */
const UNSAFE = /[^\p{L}\p{N}._~:@/+=-]/gu;

/**
 * A client's text as the value of a Keyword search attribute: unchanged when it is made of letters, digits and
 * `. _ ~ : @ / + = -`, as IDs are; other characters are percent-encoded, because the databases under Temporal's
 * visibility do not agree on how a quote or a backslash is written. A longer text than fits ends in a checksum.
 */
export function toKeyword(text: string): string {
  const escaped = escapeUnsafe(text);
  if (escaped.length <= MAX_LENGTH) return escaped;
  const start = escaped.slice(0, MAX_LENGTH - 17).replace(/\p{Surrogate}$/u, '');
  return `${start}~${checksum(text)}`;
}

/** The text of a {@link toKeyword}; one that was too long stays cut. */
export function fromKeyword(keyword: string): string {
  try {
    return decodeURIComponent(keyword);
  } catch {
    // Cut in the middle of an escape.
    return keyword;
  }
}

/** Whether {@link toKeyword} keeps the whole text, so that no other text has the same keyword. */
export function fitsKeyword(text: string): boolean {
  return !/\p{Surrogate}/u.test(text) && escapeUnsafe(text).length <= MAX_LENGTH;
}

function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, encode);
}

function encode(character: string): string {
  // Half a pair has no encoding.
  if (/\p{Surrogate}/u.test(character)) return '%EF%BF%BD';
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encoded;
}

/** 64 bits, two FNV-1a hashes of 32: workflows have no crypto. */
function checksum(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ (unit + index), 0x85ebca6b);
  }
  return [first, second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
