import { readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyModule, linkModule, makeProject, type Project, ROOT } from './project';

const OWN = join(ROOT, 'node_modules/@temporalio');

/** A project whose folder `other` has a copy of the SDK of its own. */
let project: Project;
let theirs = '';

beforeAll(async () => {
  project = await makeProject();
  const other = join(await realpath(project.directory), 'other');
  theirs = join(other, 'node_modules/@temporalio');
  const copied = ['client', 'common', 'worker', 'workflow'];
  for (const name of copied) await copyModule(`@temporalio/${name}`, other);
  const rest = (await readdir(OWN)).filter((name) => !copied.includes(name));
  for (const name of [...(await modules()), ...rest.map((each) => `@temporalio/${each}`)]) {
    await linkModule(name, other);
  }
}, 180_000);

async function modules(): Promise<string[]> {
  const names = await readdir(join(ROOT, 'node_modules'));
  return names.filter((name) => !name.startsWith('.') && name !== '@temporalio');
}

/** Runs a program in the folder that has the other copy; its output. */
async function inOther(name: string, program: string): Promise<string> {
  const file = join(project.directory, 'other', name);
  await writeFile(file, program);
  return project.run(process.execPath, [file]);
}

const bothOf = (name: string) =>
  new RegExp(
    `There are 2 copies of @temporalio/${name}: \\S+/@temporalio/${name} \\(\\d+\\.\\d+\\.\\d+\\) and \\S+ \\(.*Install one version`,
  );

it('refuses a client of another copy', async () => {
  const said = await inOther(
    'client.cjs',
    `const { Client } = require('@temporalio/client');
     const { createBridge } = require('temporal-a2a');
     createBridge({ client: new Client(), agents: [], ensureSearchAttributes: false }).catch((e) => console.log(e.message));`,
  );
  expect(said).toMatch(bothOf('common'));
  expect(said).toContain(`${OWN}/common (`);
  expect(said).toContain(`${theirs}/common (`);
});

it('refuses to be the plugin of a worker of another copy, in an ES module', async () => {
  const said = await inOther(
    'plugin.mjs',
    `import { Worker } from '@temporalio/worker';
     import { A2APlugin } from 'temporal-a2a';
     try {
       new A2APlugin();
     } catch (error) {
       console.log(Worker.name, error.message);
     }`,
  );
  expect(said).toMatch(bothOf('common'));
  expect(said).toContain(`${theirs}/common (`);
});

it('refuses workflow code with two copies', async () => {
  const workflows = `
    const { sleep } = require('@temporalio/workflow');
    const { a2aTask } = require('temporal-a2a/workflow');
    exports.agent = async (start) => {
      const task = a2aTask(start);
      await sleep(1);
      return task.complete();
    };`;
  await writeFile(join(project.directory, 'other/workflows.js'), workflows);
  const program = join(project.directory, 'bundle.cjs');
  await writeFile(
    program,
    `const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
     const { A2APlugin } = require('temporal-a2a');
     const workflowsPath = require.resolve('./other/workflows.js');
     bundleWorkflowCode({ workflowsPath, plugins: [new A2APlugin()], logger: new DefaultLogger('ERROR') })
       .catch((error) => console.log(error.message));`,
  );
  const said = await project.run(process.execPath, [program]);
  expect(said).toMatch(bothOf('common'));
  expect(said).toContain(`${OWN}/common (`);
  expect(said).toContain(`${theirs}/common (`);
});

it('has nothing against one copy', async () => {
  const program = join(project.directory, 'one.cjs');
  await writeFile(
    program,
    `const { Client } = require('@temporalio/client');
     const { A2APlugin, createBridge } = require('temporal-a2a');
     const client = new Client({ plugins: [new A2APlugin()] });
     createBridge({ client, agents: [], ensureSearchAttributes: false }).then((bridge) => console.log(bridge.agents.length));`,
  );
  expect(await project.run(process.execPath, [program])).toBe('0\n');
});
