import { ReportedUpdates, type UpdateSource } from '../../src/contract/update-source';

const ALL = Number.POSITIVE_INFINITY;

const from = (index: number, count: number, more: Partial<UpdateSource> = {}): UpdateSource => ({
  ...{ activityId: '1', index, count, scheduled: true, ...more },
});

const passedOver = (...sources: (UpdateSource | undefined)[]): number[] => {
  const reported = new ReportedUpdates();
  reported.schedule('1');
  return sources.map((source) => {
    const passed = reported.passedOver(source);
    // A codec that is away has an event read again.
    expect(reported.passedOver(source)).toBe(passed);
    reported.take(source);
    return passed;
  });
};

describe('Of what activities have reported', () => {
  it.each([
    ['all counts that comes in turn', [from(0, 2), from(2, 1), from(3, 4)], [0, 0, 0]],
    ['what came already is passed over', [from(0, 2), from(0, 2), from(1, 3), from(2, 2)], [0, ALL, 1, ALL]],
    [
      'nothing counts of an attempt behind a later one',
      [from(0, 2), from(2, 0, { attempt: 2 }), from(2, 3), from(2, 1, { attempt: 2 }), from(5, 1)],
      [0, 0, ALL, 0, ALL],
    ],
    [
      'a later attempt counts from where it repeats nothing',
      [from(0, 3), from(1, 1, { attempt: 2 }), from(2, 2, { attempt: 2 }), from(3, 1)],
      [0, ALL, 1, ALL],
    ],
    [
      'each activity counts for itself',
      [from(0, 2), from(0, 2, { activityId: '2', scheduled: false })],
      [0, 0],
    ],
    ['nothing counts of an activity that is not scheduled yet', [from(0, 2, { activityId: '2' })], [ALL]],
    [
      'all counts that does not tell how many it holds',
      [
        { activityId: '1', index: 0 },
        { activityId: '1', index: 0 },
      ],
      [0, 0],
    ],
    ['all counts that comes from others', [undefined, undefined], [0, 0]],
  ] as [string, (UpdateSource | undefined)[], number[]][])('%s', (_, sources, expected) => {
    expect(passedOver(...sources)).toEqual(expected);
  });
});
