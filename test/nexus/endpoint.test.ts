import { randomUUID } from 'node:crypto';
import { nexusEndpoint } from '../../src/cli/nexus-endpoint';
import { endpointCommands, ensureNexusEndpoint } from '../../src/temporal/nexus-endpoint';
import { connectTestTemporal, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
});

const run = (name: string, create: boolean, taskQueue = 'agents here') =>
  nexusEndpoint({
    name,
    create,
    settings: { temporalAddress: temporal.address, temporalNamespace: undefined, taskQueue },
    flags: { taskQueue },
    env: {},
  });

const stored = async (name: string) => {
  const { endpoints } = await temporal.connection.operatorService.listNexusEndpoints({ name });
  return endpoints.map(({ spec }) => spec?.target?.worker);
};

describe('nexus endpoint', () => {
  it('prints whether it is there, and how it is created', async () => {
    const name = `e-${randomUUID()}`;
    const stdout = await run(name, false);
    expect(stdout).toMatch(`There is no endpoint "${name}" yet.`);
    expect(stdout).toContain('To make it lead to the namespace "default" and the task queue "agents here":');
    expect(stdout).toContain(
      `  npx temporal-a2a nexus endpoint --name ${name} --task-queue 'agents here' --create\n`,
    );
    expect(stdout).toContain(
      `temporal operator nexus endpoint create --name ${name} --target-namespace default --target-task-queue 'agents here'`,
    );
    expect(await stored(name)).toEqual([]);
    await run(name, true);
    expect(await run(name, false)).toBe(
      `There is the endpoint "${name}", and it leads to the namespace "default" and the task queue "agents here".\n` +
        'The worker there serves it when it runs with NEXUS=true.\n',
    );
    const elsewhere = await run(name, false, 'other');
    expect(elsewhere).toMatch(
      `There is the endpoint "${name}", but it leads to the namespace "default" and the task queue "agents here".`,
    );
    expect(elsewhere).toContain('To make it lead to the namespace "default" and the task queue "other":');
  });

  it('prints how it is created although Temporal cannot be asked', async () => {
    const settings = { temporalAddress: '127.0.0.1:9', temporalNamespace: undefined, taskQueue: 'q' };
    const stdout = await nexusEndpoint({ name: 'e1', create: false, settings, env: {} });
    expect(stdout).toMatch(/^Whether there is an endpoint "e1" cannot be told: .*127\.0\.0\.1:9/);
    expect(stdout).toContain('  npx temporal-a2a nexus endpoint --name e1 --create\n');
  });

  it('creates it, and corrects where it leads', async () => {
    const name = `e-${randomUUID()}`;
    const created = await run(name, true, 'one');
    expect(created).toMatch(/^Created the endpoint "e-.*task queue "one"/);
    const again = await run(name, true, 'one');
    expect(again).toMatch(/^There is already the endpoint/);
    const updated = await run(name, true, 'two');
    expect(updated).toMatch(/^Updated the endpoint .*task queue "two"/);
    expect(await stored(name)).toEqual([expect.objectContaining({ namespace: 'default', taskQueue: 'two' })]);
  });

  it('refuses a name that Temporal does not take', async () => {
    await expect(run('no spaces', true)).rejects.toThrow(
      /^--name: expected letters, digits and hyphens.* got "no spaces"/,
    );
  });
});

describe('a Temporal that does not let us', () => {
  it('is told of with the commands that do it', async () => {
    const forbidden = Object.assign(new Error('7 PERMISSION_DENIED: no'), {
      code: 7,
      details: 'no',
      metadata: {},
    });
    const connection = {
      withDeadline: (_: number, call: () => unknown) => call(),
      operatorService: {
        listNexusEndpoints: async () => {
          throw forbidden;
        },
      },
    };
    const endpoint = { name: 'a', namespace: 'n', taskQueue: 'q' };
    await expect(ensureNexusEndpoint(connection as never, endpoint)).rejects.toThrow(
      endpointCommands(endpoint).cli,
    );
  });
});
