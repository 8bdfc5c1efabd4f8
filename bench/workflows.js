// The bundle of the bench's workers: every workflow of the package, and what plain Temporal does in their place.
const { defineQuery, defineSignal, executeChild, condition, proxyActivities, setHandler } =
  require('@temporalio/workflow');
const { WorkflowStream } = require('@temporalio/workflow-streams/workflow');
const { dataOf, textOf } = require('../dist/a2a/parts');
const { a2aTask } = require('../dist/workflows/a2a-task');
const { answerText, callAgent } = require('../dist/workflows/call-agent');

const { plainTick, reporterTick, streamsTick } = proxyActivities({ startToCloseTimeout: '1 minute' });

const stop = defineSignal('stop');
const tick = defineSignal('tick');
const state = defineQuery('state');

Object.assign(exports, require('../dist/workflows'));

/** What `echo` does, without A2A. */
exports.plainEcho = async (message) => ({ parts: message.parts });

/** Answers queries with what it was started with. */
exports.plainHolder = async (value) => {
  let stopped = false;
  setHandler(state, () => value);
  setHandler(stop, () => {
    stopped = true;
  });
  await condition(() => stopped);
};

/** A task that goes on until it is told to stop. */
exports.a2aHolder = async (start) => {
  const task = a2aTask(start);
  let stopped = false;
  setHandler(stop, () => {
    stopped = true;
  });
  await condition(() => stopped);
  return task.complete();
};

/** A task that asks its client again and again. */
exports.a2aListener = async (start) => {
  const task = a2aTask(start);
  for (;;) await task.ask('And now?');
};

exports.plainChain = async (message) => {
  let { parts } = message;
  for (let step = 0; step < 5; step++) {
    ({ parts } = await executeChild('plainEcho', { args: [{ ...message, parts }] }));
  }
  return { parts };
};

/** So many child workflows, `width` of them at once. */
exports.plainForEach = async (message, items, width) => {
  let begun = 0;
  const lane = async () => {
    while (begun < items) {
      begun += 1;
      await executeChild('plainEcho', { args: [{ ...message, parts: [{ text: String(begun) }] }] });
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { items };
};

/** Five steps in a row, each of which gets what the one before it made. */
exports.chainOfFive = async (start) => {
  const task = a2aTask(start);
  let text = task.text;
  for (let step = 0; step < 5; step++) text = answerText(await callAgent('echo', text));
  return task.complete({ artifacts: [{ name: 'end', parts: text }] });
};

/** Evaluates an expression so many times, as a chain does. Returns how many nodes that were. */
exports.evaluations = async (times) => {
  // As chains do: no other workflow pays for loading it.
  const { Evaluator } = require('../dist/expressions/expression');
  const evaluator = new Evaluator();
  for (let item = 0; item < times; item++)
    await evaluator.evaluate('$sum([1..150].($ * 2 + $item))', { item });
  return evaluator.nodes;
};

exports.callOutside = async (start) => {
  const task = a2aTask(start);
  const { url } = dataOf(task.message);
  const answer = await callAgent({ url }, textOf(task.message));
  return task.complete({ artifacts: [{ name: 'answer', parts: answerText(answer) }] });
};

/** The three tickers: one activity each, that tells something `count` times. */
exports.a2aTicker = async (start) => {
  const task = a2aTask(start);
  await reporterTick(dataOf(task.message).count);
  return task.complete();
};

exports.plainTicker = async (count) => {
  const told = [];
  setHandler(tick, (update) => {
    told.push(update);
  });
  await plainTick(count);
  return told.length;
};

exports.streamsTicker = async (count) => {
  new WorkflowStream();
  let stopped = false;
  setHandler(stop, () => {
    stopped = true;
  });
  await streamsTick(count);
  // Readers poll the workflow, so it has to live until they have read the last one.
  await condition(() => stopped, '10 seconds');
};
