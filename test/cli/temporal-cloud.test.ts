import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import { hasOpenssl } from '../support/certificates';
import { buildCli, runCli } from '../support/cli';
import { type CloudProxy, startCloudProxy } from '../support/cloud-proxy';
import { message } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal, eventually } from '../support/temporal';

const API_KEY = 'key-of-a-service-account';

beforeAll(buildCli, 120_000);

(hasOpenssl ? describe : describe.skip).each<'API key' | 'client certificate'>([
  'API key',
  'client certificate',
])('Temporal Cloud, with %s', (credential) => {
  const directory = mkdtempSync(join(tmpdir(), 'temporal-cloud-'));
  const path = (name: string) => join(directory, name);
  const namespace = `agents-${randomUUID()}.a1b2c`;
  let connection: NativeConnection;
  let cloud: CloudProxy;
  let env: Record<string, string>;

  beforeAll(async () => {
    const temporal = await connectTestTemporal();
    connection = temporal.connection;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await eventually(async () => {
      await connection.operatorService.listSearchAttributes({ namespace });
      return true;
    });
    const isKey = credential === 'API key';
    cloud = await startCloudProxy(temporal.address, { directory, ...(isKey && { apiKey: API_KEY }) });
    cleanUpAfterAll(() => cloud.close());
    env = {
      TEMPORAL_ADDRESS: cloud.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: path('ca.pem'),
      ...(isKey
        ? { TEMPORAL_API_KEY: API_KEY }
        : {
            TEMPORAL_TLS_CLIENT_CERT_PATH: path('client.pem'),
            TEMPORAL_TLS_CLIENT_KEY_PATH: path('client.key'),
          }),
      PORT: '0',
      DATA_DIR: directory,
    };
  }, 60_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(credential === 'API key' ? ['api', 'worker', 'start'] : ['api'])(
    '%s says what to create by hand',
    async (command) => {
      const cli = runCli([command], env);
      await expect(cli.exit).resolves.toBe(1);
      expect(cli.stderr).toContain(`namespace "${namespace}" lacks search attributes`);
      expect(cli.stderr).toContain(`tcld namespace search-attributes add --namespace ${namespace}`);
      expect(cli.stderr).toMatch(
        /--search-attribute A2aAgent=Keyword.* --search-attribute A2aUpdatedAt=Datetime/,
      );
    },
    120_000,
  );

  it('serves, once they are there', async () => {
    await ensureSearchAttributes(connection, namespace);
    const worker = runCli(['worker'], env);
    const api = runCli(['api'], env);
    await worker.printed(/worker is ready/, 60_000);
    const [, url = ''] = await api.printed(/"url":"([^"]+)".*"api is ready"/, 60_000);
    const sent = await fetch(`${url}/a2a/echo/message:send`, {
      method: 'POST',
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: message('hello') }),
    });
    expect(await sent.json()).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
    const starts = cloud.passed.filter((headers) => headers[':path']?.endsWith('/StartWorkflowExecution'));
    expect(starts.map((headers) => headers['temporal-namespace'])).toEqual([namespace]);
    const doctor = runCli(['doctor', '--json'], env);
    await doctor.exit;
    const { findings } = JSON.parse(doctor.stdout) as { findings: { about: string; status: string }[] };
    expect(findings.find(({ about }) => about === 'search attributes')).toMatchObject({ status: 'ok' });
    expect(cloud.refused).toContain('ListSearchAttributes');
    for (const each of [api, worker]) await expect(each.end('SIGTERM')).resolves.toBe(0);
  }, 240_000);
});
