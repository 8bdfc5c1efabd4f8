import type { Logger } from 'pino';
import type { Settings } from '../config/settings';
import type { Shutdown } from './shutdown';

/** What every command has. */
export interface ServeContext {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  logger: Logger;
  shutdown: Shutdown;
}
