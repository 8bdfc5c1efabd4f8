import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { longestStopMs } from '../../src/cli/shutdown';
import { assertSafeToServe } from '../../src/config/exposure';
import { loadAgents } from '../../src/config/load-agents';
import { readSettings, SETTINGS, TEMPORAL_SETTINGS, TRACE_SETTINGS } from '../../src/config/settings';
import { ROOT } from '../support/cli';

const DIRECTORY = join(ROOT, 'deploy/kubernetes');
const FOLDERS = ['base', 'components/keda', 'components/pod-monitor', 'example'];

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes, whose schemas `npm run validate:kubernetes` checks
type Manifest = any;

const read = (path: string) => readFileSync(join(DIRECTORY, path), 'utf8');

/** The objects of a file. */
function objectsIn(path: string): Manifest[] {
  return parseAllDocuments(read(path), { merge: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

function kustomization(folder: string): Manifest {
  return parse(read(`${folder}/kustomization.yaml`));
}

const base = kustomization('base');
const objects: Manifest[] = base.resources.flatMap((file: string) => objectsIn(`base/${file}`));
const deployments = objects.filter(({ kind }) => kind === 'Deployment');
const containers = deployments.flatMap(({ spec }) => spec.template.spec.containers);
const env = Object.fromEntries(
  read('base/settings.env')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
const settings = readSettings(env);

/** Labels of the pods of a Deployment. */
const labelsOf = (deployment: Manifest) => deployment.spec.template.metadata.labels;
const covers = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

it.each(FOLDERS)('%s names each of its files, and no others', (folder) => {
  const { resources = [], components = [], configMapGenerator = [] } = kustomization(folder);
  const named = [
    ...resources,
    ...configMapGenerator.flatMap(({ envs = [], files = [] }) => [...envs, ...files]),
  ];
  for (const path of [...named, ...components])
    expect([path, existsSync(join(DIRECTORY, folder, path))]).toEqual([path, true]);
  const there = readdirSync(join(DIRECTORY, folder)).filter((name) => name !== 'kustomization.yaml');
  expect(named.filter((path) => !path.startsWith('..')).sort()).toEqual(there.sort());
});

it('sets what there is to set', () => {
  const known = [...Object.values(SETTINGS), ...TEMPORAL_SETTINGS, ...TRACE_SETTINGS].map((each) => each.env);
  const variables = containers.flatMap((container: Manifest) => container.env ?? []).map(({ name }) => name);
  const literals: string[] = kustomization('example').configMapGenerator.flatMap(
    (generator: Manifest) => generator.literals ?? [],
  );
  const used = [...Object.keys(env), ...variables, ...literals.map((literal) => literal.split('=', 1)[0])];
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});

it('starts the commands that there are, with a place for each file that they read', () => {
  expect(containers.map(({ args }) => args)).toEqual([['api'], ['worker']]);
  const secrets = [...read('base/agents.yaml').matchAll(/file:(\/[^\s\],]+)/g)].map(([, path = '']) => path);
  const paths = [settings.agentsFile, ...secrets, env.PUSH_SEALING_KEYS?.split('=file:')[1] ?? ''];
  for (const { volumeMounts } of containers) {
    const places = volumeMounts.map((mount: Manifest) => `${mount.mountPath}/`);
    for (const path of paths)
      expect(places.filter((place: string) => path.startsWith(place))).toHaveLength(1);
  }
});

it('has agents that may be served beyond this machine', () => {
  for (const folder of ['base', 'example']) {
    const agents = loadAgents(join(DIRECTORY, folder, 'agents.yaml'));
    expect(() => assertSafeToServe({ host: '0.0.0.0', allowAnonymous: false }, agents)).not.toThrow();
  }
});

describe.each(deployments.map((each) => [each.metadata.name, each] as const))('%s', (_name, deployment) => {
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;

  it('has probes at ports and paths that are served', () => {
    const ports = Object.fromEntries(
      container.ports.map((port: Manifest) => [port.name, port.containerPort]),
    );
    const served = { http: settings.port, grpc: settings.grpcPort, metrics: settings.metricsPort };
    for (const [name, port] of Object.entries(ports)) expect(port).toBe(served[name as keyof typeof served]);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
    expect(paths).toEqual(['/healthz', '/healthz', '/readyz']);
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
      expect(Object.keys(ports)).toContain(httpGet.port);
  });

  it('gives the process the time that stopping may take', () => {
    const preStopMs = (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1_000;
    const graceMs = spec.terminationGracePeriodSeconds * 1_000;
    expect(graceMs).toBeGreaterThan(preStopMs + longestStopMs(settings.shutdownGrace));
  });

  it('runs as nobody special, on a file system that it cannot change', () => {
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
  });

  it('has one disruption budget, and mounts each of its volumes', () => {
    const budgets = objects.filter(
      ({ kind, spec: budget }) =>
        kind === 'PodDisruptionBudget' && covers(budget.selector.matchLabels, labelsOf(deployment)),
    );
    expect(budgets).toHaveLength(1);
    const mounted = container.volumeMounts.map(({ name }: Manifest) => name);
    expect(mounted.sort()).toEqual(spec.volumes.map(({ name }: Manifest) => name).sort());
  });
});

it('leads Services to ports of the API alone', () => {
  const services = objects.filter(({ kind }) => kind === 'Service');
  expect(services.map(({ metadata }) => metadata.name)).toEqual(['temporal-a2a', 'temporal-a2a-grpc']);
  for (const { spec } of services) {
    const found = deployments.filter((deployment) => covers(spec.selector, labelsOf(deployment)));
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['temporal-a2a-api']);
    const names = found[0].spec.template.spec.containers[0].ports.map(({ name }: Manifest) => name);
    for (const { targetPort } of spec.ports) expect(names).toContain(targetPort);
  }
});

it('scales the worker by the task queue of the settings', () => {
  const [scaler] = objectsIn('components/keda/worker-scaler.yaml');
  expect(deployments.map(({ metadata }) => metadata.name)).toContain(scaler.spec.scaleTargetRef.name);
  const { replacements } = kustomization('components/keda');
  const fields = replacements.map(({ source }: Manifest) => source.fieldPath.replace('data.', ''));
  expect(fields).toEqual(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TASK_QUEUE']);
  for (const field of fields) expect(Object.keys(env)).toContain(field);
});

it('scrapes the port of the metrics', () => {
  const [monitor] = objectsIn('components/pod-monitor/pod-monitor.yaml');
  for (const { port } of monitor.spec.podMetricsEndpoints) {
    for (const { ports } of containers) expect(ports.map(({ name }: Manifest) => name)).toContain(port);
  }
});
