/**
 * For workflow code: what makes a workflow an agent (`a2aTask`), and what calls agents from any workflow
 * (`callAgent`). Nothing here needs Node, so the worker can bundle it.
 *
 * A worker that runs agents also needs the interceptors at `workflowInterceptorsPath` of `temporal-a2a`;
 * `createA2AWorker` adds them by itself.
 */

export type { Asker, OpenQuestion } from './a2a/open-questions';
export { type Content, dataOf, textOf, toParts } from './a2a/parts';
export type { TaskUpdate } from './a2a/task-update';
export type * from './a2a/types';
export {
  CALL_FAILURES,
  type CallFailureDetails,
  type CredentialRef,
  type Relay,
  type RemoteAgent,
  type Waiting,
} from './contract/agent-call';
export type { TaskStart } from './contract/contract';
export { a2aService, type NexusSendMessageRequest } from './contract/nexus';
export { a2aCall } from './workflows/a2a-call';
export { A2ATask, a2aTask } from './workflows/a2a-task';
export {
  type AgentAnswer,
  answerParts,
  answerText,
  callAgent,
} from './workflows/call-agent';
export { type CallFailure, isCallFailure } from './workflows/call-failure';
export type { CallOptions, MessageInit } from './workflows/call-options';
export type { AskOptions } from './workflows/calling-task';
export { a2aSend } from './workflows/send';
export type { ArtifactInit, ArtifactStream, CompleteOptions } from './workflows/task-artifacts';
