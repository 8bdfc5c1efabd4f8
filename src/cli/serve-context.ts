import type { Logger } from 'pino';
import type { Settings } from '../config/settings';
import type { Shutdown } from './shutdown';

/** Time in ms that running calls and activities get when the process stops. */
export const GRACE_MS = 3_000;

/** What every command has. */
export interface ServeContext {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  logger: Logger;
  shutdown: Shutdown;
}
