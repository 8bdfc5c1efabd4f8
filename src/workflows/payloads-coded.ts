import { MODE_VARIABLE } from '../contract/payload-mode';

/** Bundled with workflows whose worker has codecs that may make payloads smaller. */
Reflect.set(globalThis, MODE_VARIABLE, 'coded');
