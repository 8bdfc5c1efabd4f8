import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';

/**
 * Tasks outlive releases: today's workflow code must take every history that a release has recorded to its end.
 * `node scripts/record-histories.mjs` records those of the version in package.json.
 */
const DIRECTORY = join(__dirname, '../histories');
const releases = readdirSync(DIRECTORY).sort();
const names = releases.flatMap((release) =>
  readdirSync(join(DIRECTORY, release)).map((name) => `${release}/${name}`),
);

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
});

interface RecordedHistory {
  events: Record<string, unknown>[];
}

function read(name: string): RecordedHistory {
  return JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')) as RecordedHistory;
}

/** The first event of each kind that is named. */
function attributesOf(history: RecordedHistory, kind: string): Record<string, unknown> {
  const event = history.events.find((each) => kind in each);
  if (event === undefined) throw new Error(`the history has no ${kind}`);
  return event[kind] as Record<string, unknown>;
}

/**
 * The worker would parse the JSON itself, but with a copy of protobufjs that does not know the types of the one
 * in which the history's type was made, when npm installs several.
 */
function parse(history: RecordedHistory): unknown {
  const ofProto = createRequire(require.resolve('@temporalio/proto'));
  const { fromJson } = ofProto('protobufjs/ext/protojson') as {
    fromJson(type: unknown, json: unknown, options: object): unknown;
  };
  const root = ofProto('@temporalio/proto') as { lookupType(name: string): unknown };
  const type = root.lookupType('temporal.api.history.v1.History');
  return fromJson(type, history, { ignoreUnknownFields: true });
}

function replay(history: RecordedHistory): Promise<void> {
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  const { workflowId } = attributesOf(history, 'workflowExecutionStartedEventAttributes');
  return Worker.runReplayHistory({ workflowBundle }, parse(history), String(workflowId));
}

describe('the workflows of this release', () => {
  it('have recorded histories', () => {
    expect(releases).toContain('0.1.0');
    for (const type of [
      'echo',
      'ticker',
      'interview',
      'invoice',
      'script',
      'chain',
      'proxy',
      'model',
      'caller',
      'a2aPush',
    ]) {
      const ofType = names.filter((name) => {
        const { workflowType } = attributesOf(read(name), 'workflowExecutionStartedEventAttributes');
        return (workflowType as { name: string }).name === type;
      });
      expect([type, ofType.length > 0]).toEqual([type, true]);
    }
  });

  it.each(names)('replay %s', async (name) => {
    await replay(read(name));
  });

  it('would not replay what other code had done', async () => {
    const history = read('0.1.0/ticker.json');
    const scheduled = attributesOf(history, 'activityTaskScheduledEventAttributes');
    scheduled.activityType = { name: 'anotherActivity' };
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
  });

  it('would not replay what another workflow had told', async () => {
    const history = read('0.1.0/interview.json');
    const started = attributesOf(history, 'workflowExecutionStartedEventAttributes');
    started.workflowType = { name: 'echo' };
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
  });
});
