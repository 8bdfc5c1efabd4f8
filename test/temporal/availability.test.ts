import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '@temporalio/client';
import { Availability } from '../../src/temporal/availability';
import { OutageLog } from '../../src/temporal/outage-log';
import { eventually } from '../support/eventually';

const UNAVAILABLE = { reason: 'UNAVAILABLE', message: 'Temporal cannot be reached; try again in a moment' };
const never = () => new Promise<never>(() => {});

class GrpcError extends Error {
  readonly details = this.message;
  readonly metadata = {};

  constructor(
    readonly code: number,
    message = '',
  ) {
    super(message);
  }
}

/** A server that can be silent, or fail. */
function startServer() {
  const lines: string[] = [];
  const note = (line: string) => lines.push(line);
  const server = { answer: async (): Promise<unknown> => 'here', lines };
  const availability = new Availability({
    probe: () => server.answer(),
    logger: { warn: note, info: note } as never,
    name: 'Temporal at here:1',
    times: { patience: 10, silence: 50, between: 20 },
  });
  return { server, availability };
}

describe('Availability', () => {
  it('fails a call that a silent server does not answer, those after it at once, and none when it is back', async () => {
    const { server, availability } = startServer();
    server.answer = never;
    await expect(availability.call(never, 60_000)).rejects.toMatchObject(UNAVAILABLE);
    expect(availability.isAway).toBe(true);
    const run = jest.fn(async () => 'answer');
    await expect(availability.call(run, 60_000)).rejects.toMatchObject(UNAVAILABLE);
    expect(run).not.toHaveBeenCalled();

    server.answer = async () => 'here';
    await availability.whenBack(new AbortController().signal);
    await expect(availability.call(run, 60_000)).resolves.toBe('answer');
    expect(server.lines).toEqual([
      'Temporal at here:1 cannot be reached: calls fail until it is back',
      expect.stringMatching(/^Temporal at here:1 is back after \d+ s$/),
    ]);
  });

  it('lets a call take its time while the server answers others', async () => {
    const { availability } = startServer();
    await expect(availability.call(() => sleep(300, 'late'), 60_000)).resolves.toBe('late');
    expect(availability.isAway).toBe(false);
  });

  it.each(['a call', 'who asks'])('believes no answer from before, for %s', async (who) => {
    const { server, availability } = startServer();
    server.answer = never;
    const earlier = availability.check();
    // To somebody else, before the server falls silent.
    await sleep(5);
    await availability.poll(async () => 'answer');
    const waits = who === 'a call' ? availability.call(never, 60_000) : availability.confirm();
    await expect(waits).rejects.toMatchObject(UNAVAILABLE);
    await earlier;
    expect(availability.isAway).toBe(true);
    availability.close();
  });

  it('knows for a while that the server was away', async () => {
    const { server, availability } = startServer();
    expect(availability.wasAway(60_000)).toBe(false);
    const { answer } = server;
    server.answer = never;
    await availability.check();
    expect(availability.wasAway(0)).toBe(true);
    server.answer = answer;
    await availability.whenBack(new AbortController().signal);
    expect(availability.wasAway(60_000)).toBe(true);
    expect(availability.wasAway(0)).toBe(false);
    availability.close();
  });

  it('asks once for all who want to know at the same time, and again for those who come later', async () => {
    const { server, availability } = startServer();
    const answer = jest.spyOn(server, 'answer');
    await Promise.all([availability.confirm(), availability.confirm()]);
    expect(answer).toHaveBeenCalledTimes(1);
    answer.mockRejectedValueOnce(new GrpcError(7));
    await availability.confirm();
    expect(answer).toHaveBeenCalledTimes(2);
  });

  it('tells once why a server that is there fails calls, and again when it was away meanwhile', async () => {
    const { server, availability } = startServer();
    const busy = () => Promise.reject(new GrpcError(14, 'Not enough hosts to serve the request'));
    const fail = async () => {
      for (let call = 1; call <= 3; call++) {
        await expect(availability.call(busy, 60_000)).rejects.toMatchObject({ code: 14 });
        await availability.poll(async () => 'answer');
      }
      await availability.check();
    };
    await fail();
    const line =
      'Temporal at here:1 is there, and fails calls as unavailable: Not enough hosts to serve the request';
    expect(server.lines).toEqual([line]);

    const { answer } = server;
    server.answer = () => Promise.reject(new GrpcError(14, 'tcp connect error'));
    await expect(availability.call(never, 60_000)).rejects.toMatchObject(UNAVAILABLE);
    server.answer = answer;
    await availability.whenBack(new AbortController().signal);
    await fail();
    expect(server.lines).toEqual([
      line,
      'Temporal at here:1 cannot be reached: calls fail until it is back (tcp connect error)',
      expect.stringMatching(/^Temporal at here:1 is back after/),
      line,
    ]);
    availability.close();
  });

  it('keeps the time limit of a call although its connection does not', async () => {
    const { availability } = startServer();
    await expect(availability.call(never, 10)).rejects.toMatchObject(UNAVAILABLE);
    expect(availability.isAway).toBe(false);
  });

  it.each([
    ['NOT_FOUND', new GrpcError(5), false],
    ['PERMISSION_DENIED', new GrpcError(7), false],
    ['RESOURCE_EXHAUSTED, as a client of workflows throws it', wrapped(new GrpcError(8)), false],
    ['UNAVAILABLE', new GrpcError(14, 'tcp connect error'), true],
    ['UNKNOWN of the transport', new GrpcError(2, 'transport error'), true],
    ['DEADLINE_EXCEEDED', new GrpcError(4), true],
  ])('counts as an answer what only a server says: %s', async (_, error, isAway) => {
    const { server, availability } = startServer();
    server.answer = () => Promise.reject(error);
    await availability.check();
    expect(availability.isAway).toBe(isAway);
    availability.close();
  });

  it('ends what waits for long when the server goes away', async () => {
    const { server, availability } = startServer();
    const poll = availability.poll(never);
    server.answer = never;
    await Promise.all([availability.check(), expect(poll).rejects.toMatchObject(UNAVAILABLE)]);
    availability.close();
  });

  it('notices by itself that the server has gone, and any late answer that it is back', async () => {
    const { server, availability } = startServer();
    let answer = (_: unknown) => {};
    const late = availability.poll(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    late.catch(() => {});
    server.answer = never;
    availability.watch(20);
    await eventually(() => availability.isAway);
    answer('after all');
    await eventually(() => !availability.isAway);
    availability.close();
  });

  it('stops waiting for its return when nobody wants to know', async () => {
    const { server, availability } = startServer();
    server.answer = never;
    await availability.check();
    await availability.whenBack(AbortSignal.timeout(20));
    expect(availability.isAway).toBe(true);
    availability.close();
  });
});

describe('OutageLog', () => {
  it('tells the beginning, a new reason and the end, and repeats itself only after a while', () => {
    const lines: string[] = [];
    const note = (line: string) => lines.push(line);
    const logger = { warn: note, info: note } as never;
    const quiet = new OutageLog(logger);
    quiet.ended('never mind');
    for (const message of ['no route', 'no route', 'no route', 'no namespace']) quiet.failed(message);
    quiet.ended('connected');
    quiet.ended('connected');
    const talkative = new OutageLog(logger, 0);
    for (const reason of ['', 'connection refused']) talkative.failed('away', reason);
    expect(lines).toEqual([
      'no route',
      'no namespace',
      'connected after 1 s',
      'away',
      'away (connection refused), for 1 s now',
    ]);
  });
});

function wrapped(cause: Error): Error {
  return new ServiceError('failed', { cause });
}
