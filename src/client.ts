/**
 * For scripts and programs that call agents: needs neither Temporal nor a workflow. Workflows call agents by
 * `callAgent` of `temporal-a2a/workflow`, which survives crashes.
 *
 * The package `temporal-a2a-client` is the same, for programs that are to install neither workers nor a Temporal SDK.
 */

export { A2AClient, type CallOptions, type ClientOptions } from './client/a2a-client';
export { type CallAgentOptions, callAgent } from './client/call-agent';
export { A2AClientError } from './client/client-error';
export type * from './client/types';
