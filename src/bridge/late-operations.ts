import { unavailable } from '../a2a/errors';
import type { TaskOperations } from './types';

/**
 * Operations that are offered before there is a connection to Temporal: each throws BridgeError UNAVAILABLE until
 * {@link begin} gives what does the work.
 */
export class LateOperations implements TaskOperations {
  /** Why there is none yet, for callers. */
  whyNot = 'Temporal cannot be reached';

  private operations: TaskOperations | undefined;

  constructor(readonly supportsPush: boolean) {}

  begin(operations: TaskOperations): void {
    this.operations = operations;
  }

  /** @throws BridgeError UNAVAILABLE that says what is missing */
  requireReady(): TaskOperations {
    if (this.operations === undefined) throw unavailable(`${this.whyNot}; try again in a moment`);
    return this.operations;
  }

  sendMessage: TaskOperations['sendMessage'] = async (...args) => this.requireReady().sendMessage(...args);

  sendStreamingMessage: TaskOperations['sendStreamingMessage'] = async (...args) =>
    this.requireReady().sendStreamingMessage(...args);

  getTask: TaskOperations['getTask'] = async (...args) => this.requireReady().getTask(...args);

  listTasks: TaskOperations['listTasks'] = async (...args) => this.requireReady().listTasks(...args);

  cancelTask: TaskOperations['cancelTask'] = async (...args) => this.requireReady().cancelTask(...args);

  subscribeToTask: TaskOperations['subscribeToTask'] = async (...args) =>
    this.requireReady().subscribeToTask(...args);

  createTaskPushNotificationConfig: TaskOperations['createTaskPushNotificationConfig'] = async (...args) =>
    this.requireReady().createTaskPushNotificationConfig(...args);

  getTaskPushNotificationConfig: TaskOperations['getTaskPushNotificationConfig'] = async (...args) =>
    this.requireReady().getTaskPushNotificationConfig(...args);

  listTaskPushNotificationConfigs: TaskOperations['listTaskPushNotificationConfigs'] = async (...args) =>
    this.requireReady().listTaskPushNotificationConfigs(...args);

  deleteTaskPushNotificationConfig: TaskOperations['deleteTaskPushNotificationConfig'] = async (...args) =>
    this.requireReady().deleteTaskPushNotificationConfig(...args);

  getPushStatus: TaskOperations['getPushStatus'] = async (...args) =>
    this.requireReady().getPushStatus(...args);

  dialectOf: TaskOperations['dialectOf'] = async (...args) => this.requireReady().dialectOf(...args);
}
