// POST .../models/MODEL:generateContent and :streamGenerateContent of Gemini.
const USAGE = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };

const answer = (parts, finishReason) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  usageMetadata: USAGE,
  modelVersion: 'fake',
});

function partOf({ text, call, file }) {
  if (call !== undefined) return { functionCall: { id: 'call_1', name: call.name, args: call.input } };
  return file === undefined ? { text } : { inlineData: { mimeType: file.mediaType, data: file.base64 } };
}

export const gemini = {
  path: /:(stream)?[gG]enerateContent/,
  turns: ({ contents }) =>
    [contents].flat().map(({ role, parts }) => {
      const response = parts.find(({ functionResponse }) => functionResponse !== undefined);
      if (response !== undefined)
        return { role: 'tool', text: JSON.stringify(response.functionResponse.response) };
      return {
        role: role === 'model' ? 'model' : 'user',
        text: parts.map(({ text }) => text ?? '').join('\n'),
      };
    }),
  streams: (url) => url.includes(':streamGenerateContent'),
  error: (message) => ({ error: { code: 400, status: 'INVALID_ARGUMENT', message } }),
  whole: (what) => answer([partOf(what)], 'STOP'),
  begin: () => [],
  word: (text) => [answer([{ text }])],
  other: (what) => [answer([partOf(what)])],
  end: () => [answer([{ text: '' }], 'STOP')],
};
