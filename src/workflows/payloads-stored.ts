import { MODE_VARIABLE } from '../contract/payload-mode';

/** Bundled with workflows whose worker has external storage. */
Reflect.set(globalThis, MODE_VARIABLE, 'stored');
