import { DefaultFailureConverter } from '@temporalio/common';

/** Puts messages and stack traces of failures through the codecs; part of the workflow bundle of a worker that encrypts. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
