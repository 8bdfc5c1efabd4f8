// npm run validate:kubernetes: builds the manifests of deploy/kubernetes and checks them by the schemas of Kubernetes, of
// KEDA and of the Prometheus operator. Nothing is asked of a cluster. The tools and schemas come from the registries of
// Go and Python, once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, python } from '../interop/lib/clients.mjs';
import { must, run, sourceOfModule } from '../interop/lib/commands.mjs';
import { runProgram, shutdown } from '../interop/lib/program.mjs';

const TOOLS = [
  'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
  'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
];

/** The oldest and the newest that the manifests are for. */
const KUBERNETES = ['1.34', '1.37'];

/** Modules with the schemas of custom resources, and where those are. */
const CUSTOM = [
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
  ],
];
const NATIVE = 'ServiceAccount,ConfigMap,Service,Deployment,PodDisruptionBudget';

const MANIFESTS = fileURLToPath(new URL('../deploy/kubernetes', import.meta.url));
const BUILD_MS = 20 * 60_000;
const CHECK_MS = 2 * 60_000;
const ALL_MS = 60 * 60_000;

await runProgram(main, ALL_MS);

async function main() {
  const { signal } = shutdown;
  const bin = await tools();
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-kubernetes-'));
  shutdown.add('directory', () => rmSync(directory, { recursive: true, force: true }));
  const requirements = fileURLToPath(new URL('validate-kubernetes.txt', import.meta.url));
  const { command: python3, env } = await python('', requirements, {
    ...{ env: process.env, signal, log: say, cache: 'kubernetes' },
  });
  const check = { timeoutMs: CHECK_MS, signal, cwd: directory, env: { ...process.env, ...env } };
  const converter = join(
    await sourceOfModule('github.com/yannh/kubeconform@v0.8.0'),
    'scripts/openapi2jsonschema.py',
  );
  const definitions = await Promise.all(
    CUSTOM.map(async ([module, path]) => join(await sourceOfModule(module), path)),
  );
  await must(python3, [converter, ...definitions], check);

  let [passed, failed] = [0, 0];
  const attempt = async (what, command, args) => {
    const { code, stdout, stderr } = await run(command, args, check);
    if (code === 0) passed += 1;
    else failed += 1;
    say(code === 0 ? `ok     ${what}` : `FAILED ${what}\n${stdout}${stderr}`);
    return stdout;
  };
  for (const name of ['base', 'example']) {
    const file = join(directory, `${name}.yaml`);
    const kustomize = ['build', join(MANIFESTS, name)];
    writeFileSync(file, await attempt(`${name}: kustomize build`, join(bin, 'kustomize'), kustomize));
    for (const version of KUBERNETES) {
      const validate = ['-m', 'kubernetes_validate', '-k', version, '--strict', '--quiet', '--no-warn', file];
      await attempt(`${name}: Kubernetes ${version}`, python3, validate);
    }
    const schemas = join(directory, '{{.ResourceKind}}_{{.ResourceAPIVersion}}.json');
    const conform = ['-strict', '-schema-location', schemas, '-skip', NATIVE, file];
    await attempt(`${name}: custom resources`, join(bin, 'kubeconform'), conform);
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** The folder with the programs. */
async function tools() {
  const version = await must('go', ['env', 'GOVERSION'], { timeoutMs: CHECK_MS });
  const directory = cacheDirectory('go', [version, ...TOOLS], 'kubernetes');
  mkdirSync(directory, { recursive: true });
  for (const tool of TOOLS) {
    const env = { ...process.env, GOBIN: directory };
    await must('go', ['install', tool], { timeoutMs: BUILD_MS, env, cwd: tmpdir() });
  }
  return directory;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
