// What the fake model answers: the partners' agents do what the last words of the user ask for.
//   say:hello world    -> hello world
//   count:3            -> one two three, slowly
//   recall:            -> what the user has said first in this conversation
//   use:TOOL {"a": 1}  -> a call of that tool; once it has answered, what it said
//   file:              -> a small picture, where the API can say one
//   fail:out of tea    -> an error that says so
//   slow:              -> words for a minute
const COMMAND = /\b(say|count|recall|use|file|fail|slow):([^\n]*)/g;
/** What `file:` gives. */
export const PICTURE = { mediaType: 'image/png', base64: 'iVBORw0KGgo=' };

const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/**
 * @param turns {role: 'user' | 'model' | 'tool', text: string}[], the conversation so far
 * @returns {{words: string[], pauseMs: number} | {error: string} | {call: {name: string, input: object}}
 *   | {file: {mediaType: string, base64: string}}}
 */
export function answerTo(turns) {
  const said = turns.filter(({ role, text }) => role === 'user' && commandsOf(text).length > 0);
  if (turns.at(-1)?.role === 'tool') return words(`The tool said: ${turns.at(-1).text}`);
  const [command, rest] = commandsOf(said.at(-1)?.text ?? '').at(-1) ?? ['say', 'Nothing was asked.'];
  switch (command) {
    case 'count':
      return { words: spaced(NUMBERS.slice(0, Number(rest))), pauseMs: 150 };
    case 'recall':
      return words(`You began with: ${commandsOf(said[0].text)[0][1]}`);
    case 'use': {
      const [, name, input] = /^(\S+)\s*(\{.*\})?/.exec(rest);
      return { call: { name, input: JSON.parse(input ?? '{}') } };
    }
    case 'file':
      return { file: PICTURE };
    case 'fail':
      return { error: rest };
    case 'slow':
      return { words: Array.from({ length: 300 }, () => 'slowly '), pauseMs: 200 };
    default:
      return words(rest);
  }
}

function commandsOf(text) {
  return [...text.matchAll(COMMAND)].map(([, command, rest]) => [command, rest.trim()]);
}

function words(text) {
  return { words: spaced(text.split(' ')), pauseMs: 0 };
}

function spaced(list) {
  return list.map((word, at) => (at < list.length - 1 ? `${word} ` : word));
}
