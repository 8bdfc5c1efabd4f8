// What cases are made of.

/** What a task says whose result cannot be read: among other things, in which encoding it is. */
export const names = (encoding) => new RegExp(encoding);

export const text = (words) => [{ text: words }];
export const done = { result: text('done') };

/** A plain workflow that gives a result. `part` is what of it becomes a part; without it there is no artifact. */
export function result(name, give, part, more = {}) {
  const artifacts = part === undefined ? {} : { result: [part] };
  const expected = { state: 'COMPLETED', artifacts, ...more.expected };
  return { agent: 'outcome', data: { give }, ...more, name: `result: ${name}`, expected };
}

/** A plain workflow that fails. */
export function failure(name, data, says, more = {}) {
  const expected = { state: 'FAILED', says, artifacts: {}, ...more.expected };
  return { agent: 'outcome', data, ...more, name: `failure: ${name}`, expected };
}

/** An agent that does these steps. */
export function script(name, steps, more = {}) {
  const { data, ...rest } = more;
  const expected = { state: 'COMPLETED', artifacts: { result: [{ text: 'done' }] }, ...more.expected };
  return { agent: 'script', ...rest, name, data: { steps, ...data }, expected };
}
