import { MODE_VARIABLE, type PayloadMode } from '../contract/payload-mode';

/** Where the payloads of this workflow's worker go. */
export function payloadMode(): PayloadMode {
  const mode: unknown = Reflect.get(globalThis, MODE_VARIABLE);
  return mode === 'stored' || mode === 'coded' ? mode : 'inline';
}
