import { deploymentOptions } from '../../src/cli/deployment';
import { readSettings } from '../../src/config/settings';

const read = (env: NodeJS.ProcessEnv) => deploymentOptions(readSettings(env));
const VERSION = { TEMPORAL_DEPLOYMENT_NAME: 'agents', TEMPORAL_WORKER_BUILD_ID: '1.0' };

it('versions the worker when it has a deployment and a build ID', () => {
  expect(read({})).toBeUndefined();
  expect(read(VERSION)).toEqual({
    version: { deploymentName: 'agents', buildId: '1.0' },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  });
  expect(read({ ...VERSION, VERSIONING_BEHAVIOR: 'pinned' })).toMatchObject({
    defaultVersioningBehavior: 'PINNED',
  });
});

it('says which half of the version is missing', () => {
  expect(() => read({ TEMPORAL_DEPLOYMENT_NAME: 'agents' })).toThrow(
    "TEMPORAL_DEPLOYMENT_NAME needs TEMPORAL_WORKER_BUILD_ID beside it: together they are the worker's version",
  );
  expect(() => read({ TEMPORAL_WORKER_BUILD_ID: '1.0' })).toThrow('needs TEMPORAL_DEPLOYMENT_NAME beside it');
  expect(() => read({ ...VERSION, VERSIONING_BEHAVIOR: 'sticky' })).toThrow(
    'VERSIONING_BEHAVIOR: expected "pinned" or "auto-upgrade", got "sticky"',
  );
});
