/**
 * Where the payloads of a worker go, which decides what is too large:
 *
 * - `inline`: to Temporal, as they are or encrypted. Their size is known where they are made.
 * - `coded`: to Temporal, through codecs that may make them smaller. Only Temporal knows what is too large.
 * - `stored`: the large ones into external storage; Temporal gets a reference.
 */
export type PayloadMode = 'inline' | 'coded' | 'stored';

/** In a workflow's sandbox: the global variable with the mode, set before the workflow begins. `inline` unless set. */
export const MODE_VARIABLE = '__temporal_a2a_payloads';

/** From how many bytes on a payload counts as stored externally, in the mode `stored`. */
export const STORED_FROM_BYTES = 64 * 1024;

/** Bytes that Temporal gets of a payload that is stored externally, and more than that. */
export const REFERENCE_BYTES = 2 * 1024;
