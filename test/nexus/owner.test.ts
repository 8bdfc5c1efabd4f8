import { operationTimeoutMs, ownerOf } from '../../src/nexus/caller';
import { type NexusHarness, startNexusHarness } from './support';

describe('an owner for all callers', () => {
  let harness: NexusHarness;

  beforeAll(async () => {
    harness = await startNexusHarness({ nexus: { owner: 'anonymous' }, agents: [{ id: 'echo' }] });
  }, 90_000);

  it('shares its tasks with those who call as that owner in another way', async () => {
    const input = { message: { parts: [{ text: 'hello' }] } };
    const { result } = await harness.operate('SendMessage', input);
    const { id } = (result as { task: { id: string } }).task;
    expect(await harness.bridge.getTask({ id }, harness.call('echo', 'anonymous'))).toMatchObject({ id });
  });
});

describe('the owner of a call', () => {
  const context = (...links: string[]) =>
    ({
      headers: { 'x-team': 'red' },
      inboundLinks: links.map((url) => ({
        url: new URL(url),
        type: 'temporal.api.common.v1.Link.WorkflowEvent',
      })),
    }) as never;

  it.each([
    [['temporal:///namespaces/team-a/workflows/w/r/history'], 'nexus:team-a'],
    [
      [
        'https://a.example/namespaces/b/x',
        'temporal:///namespaces/team%2Fa.acct/nexus-operations/o/r/details',
      ],
      'nexus:team/a.acct',
    ],
    [[], 'nexus'],
  ])('is its namespace, which Temporal links to: %j', (links, owner) => {
    expect(ownerOf(context(...links), 'e')).toBe(owner);
  });

  it('may be chosen by what is known of the caller', () => {
    const call = context('temporal:///namespaces/team-a/workflows/w/r/history');
    const owner = jest.fn(({ headers }) => `team ${headers['x-team']}`);
    expect(ownerOf(call, 'e', owner)).toBe('team red');
    expect(owner).toHaveBeenCalledWith({ namespace: 'team-a', endpoint: 'e', headers: { 'x-team': 'red' } });
  });
});

describe('operation-timeout', () => {
  it.each([
    ['59994ms', 59_994],
    ['1h2m3.5s', 3_723_500],
    ['250us', 1],
    ['soon', undefined],
    ['5', undefined],
    [undefined, undefined],
  ])('of %s is %s ms', (text, ms) => {
    expect(operationTimeoutMs({ headers: text === undefined ? {} : { 'operation-timeout': text } })).toBe(ms);
  });
});
