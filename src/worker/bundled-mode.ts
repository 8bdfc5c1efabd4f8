import { readFileSync } from 'node:fs';
import type { WorkerOptions } from '@temporalio/worker';
import { MODE_VARIABLE, type PayloadMode } from '../contract/payload-mode';

type Bundle = NonNullable<WorkerOptions['workflowBundle']>;

/** Modules that tell workflows where their payloads go, for those that are bundled with interceptors. */
export const MODE_MODULES: Readonly<Record<PayloadMode, readonly string[]>> = {
  inline: [],
  coded: [require.resolve('../workflows/payloads-coded')],
  stored: [require.resolve('../workflows/payloads-stored')],
};

/** The same for a bundle that exists: one that was made without it, or for another data converter. */
export function withMode(bundle: Bundle, mode: PayloadMode): Bundle {
  if (mode === 'inline') return bundle;
  const code = codeOf(bundle);
  // In its first line, so that the lines of its source map stay.
  return { code: `globalThis[${JSON.stringify(MODE_VARIABLE)}]=${JSON.stringify(mode)};${code}` };
}

export function codeOf(bundle: Bundle): string {
  return 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
}
