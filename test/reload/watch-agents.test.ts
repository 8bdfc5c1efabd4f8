import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentSet } from '../../src/config/agent-set';
import { ConfigError } from '../../src/config/config-error';
import { createMetrics } from '../../src/metrics/metrics';
import { samplesIn } from '../metrics/samples';
import { eventually } from '../support/eventually';
import { cleanUp, fileOf, newDirectory, watch } from './support';

afterEach(cleanUp);

const idsOf = ({ current }: AgentSet) => current.map(({ id }) => id);

/** Puts a new file in the place of one, as editors do. */
function moveInto(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe('watchAgents', () => {
  it('reads a file again that was written or replaced, and logs what has changed', async () => {
    const path = join(newDirectory(), 'agents.yaml');
    writeFileSync(path, fileOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]));
    const { agents, log } = await watch(path);
    writeFileSync(path, fileOf([{ id: 'a' }, { id: 'b', name: 'Other' }, { id: 'd' }]));
    await eventually(() => log.length > 0);
    expect(log).toEqual([
      { level: 'info', message: `${path} was read again`, added: ['d'], changed: ['b'], removed: ['c'] },
    ]);
    expect(idsOf(agents)).toEqual(['a', 'b', 'd']);
    for (const id of ['e', 'f']) {
      moveInto(path, fileOf([{ id }]));
      await eventually(() => idsOf(agents).includes(id));
    }
  });

  it('refuses what is wrong, with file and line, and takes the next that is right', async () => {
    const path = join(newDirectory(), 'agents.yaml');
    writeFileSync(path, fileOf([{ id: 'a' }]));
    const { agents, log } = await watch(path);
    const metrics = await createMetrics();
    agents.meter(metrics);
    const sample = async (name: string) =>
      samplesIn(await metrics.text()).find((each) => each.name === name)?.value;
    const readAt = await sample('a2a_agents_read_timestamp_seconds');
    expect(await sample('a2a_agents_refused')).toBe(0);

    writeFileSync(path, fileOf([{ id: 'a', nmae: 'A' }, { id: 'b' }]));
    await eventually(() => log.length > 0);
    expect(log).toEqual([
      {
        level: 'error',
        message: `${path} is refused, and the agents stay as they were`,
        faults: [`${path}:17: agents[0].nmae: unknown key; did you mean "name"?`],
      },
    ]);
    expect(idsOf(agents)).toEqual(['a']);
    expect(await sample('a2a_agents_refused')).toBe(1);
    expect(await sample('a2a_agents_read_timestamp_seconds')).toBe(readAt);

    rmSync(path);
    await eventually(() => log.length > 1);
    expect(log[1]?.faults).toEqual([expect.stringContaining(`${path}: there is no such file`)]);

    writeFileSync(path, fileOf([{ id: 'b' }]));
    await eventually(() => idsOf(agents).includes('b'));
    expect(await sample('a2a_agents_refused')).toBe(0);
    expect(Number(await sample('a2a_agents_read_timestamp_seconds'))).toBeGreaterThan(Number(readAt));
  });

  it('follows a directory, whose files are replaced all at once as Kubernetes does', async () => {
    const directory = newDirectory();
    const put = (version: string, files: Record<string, string>) => {
      mkdirSync(join(directory, version));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, version, name), text);
      symlinkSync(version, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    };
    put('..1', { 'a.yaml': fileOf([{ id: 'a' }]), 'b.yaml': fileOf([{ id: 'b' }]) });
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, join(directory, name));
    const { agents, log } = await watch(directory);
    expect(idsOf(agents)).toEqual(['a', 'b']);

    put('..2', { 'a.yaml': fileOf([{ id: 'a2' }]), 'b.yaml': fileOf([{ id: 'b2' }]) });
    rmSync(join(directory, '..1'), { recursive: true });
    await eventually(() => log.length > 0);
    expect(idsOf(agents)).toEqual(['a2', 'b2']);

    writeFileSync(join(directory, 'c.yml'), fileOf([{ id: 'c' }]));
    await eventually(() => idsOf(agents).includes('c'));
    rmSync(join(directory, 'a.yaml'));
    await eventually(() => !idsOf(agents).includes('a2'));
    expect(log.map(({ level, removed }) => [level, removed])).toEqual([
      ['info', ['a', 'b']],
      ['info', []],
      ['info', ['a2']],
    ]);
  });

  it('makes one reload of a burst of changes', async () => {
    const path = join(newDirectory(), 'agents.yaml');
    writeFileSync(path, fileOf([{ id: 'a' }]));
    const { agents, log } = await watch(path);
    for (let n = 0; n <= 10; n++) {
      writeFileSync(path, n < 10 ? '' : fileOf([{ id: 'b' }]));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await eventually(() => idsOf(agents).includes('b'));
    expect(log.filter(({ level }) => level === 'info')).toHaveLength(1);
    const before = log.length;
    await Promise.all(Array.from({ length: 10 }, () => agents.reload()));
    expect(log.length - before).toBe(1);
  });

  it('reads again when it is told to, and says whether the agents were taken', async () => {
    const path = join(newDirectory(), 'agents.yaml');
    writeFileSync(path, fileOf([{ id: 'a' }]));
    const { agents, log } = await watch(path, { lookMs: 3_600_000 });
    expect(await agents.reload()).toBe(true);
    expect(log).toEqual([
      { level: 'info', message: `${path} was read again`, added: [], changed: [], removed: [] },
    ]);
    writeFileSync(path, 'agents: []');
    expect(await agents.reload()).toBe(false);
    expect(log[1]?.faults).toEqual([`${path}:1: agents: expected at least 1 entry, got an empty list`]);
  });
});

describe('AgentSet', () => {
  it('takes agents that all who serve them can serve, and no others', () => {
    const set = new AgentSet([]);
    const ids = set.derive((agents) => agents.map(({ id }) => id));
    const [first, second] = [1, 2].map((which) =>
      set.derive((agents) => {
        if (agents.length > 1) throw new ConfigError([`fault ${which}`]);
      }),
    );
    const changes = jest.fn();
    set.onChange(changes);
    const agents = ['a', 'b'].map((id) => ({ id }) as never);
    expect(() => set.replace(agents)).toThrow(new ConfigError(['fault 1', 'fault 2']));
    expect(ids.now).toEqual([]);
    expect(set.current).toEqual([]);
    expect(changes).not.toHaveBeenCalled();
    first?.end();
    second?.end();
    set.replace(agents);
    expect(ids.now).toEqual(['a', 'b']);
    expect(changes).toHaveBeenCalledTimes(1);
  });
});
