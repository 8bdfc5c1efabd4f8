import type { Client } from '@temporalio/client';
import { CALLBACK_SIGNAL } from '../contract/agent-call';
import { type CallbackAddress, isCallbackToken } from '../contract/callback';
import type { Availability } from '../temporal/availability';
import { fromTemporal, GRPC, isGrpcError, TemporalCalls } from './temporal-calls';

/** Takes the push notifications of agents that workflows have called and that they wait for. */
export class CallbackInbox {
  private readonly calls: TemporalCalls;

  constructor(
    client: Client,
    private readonly secret: string,
    availability?: Availability,
  ) {
    this.calls = new TemporalCalls(client, undefined, availability);
  }

  /**
   * Wakes the call. What the notification says is not believed: the workflow asks the agent itself, so one that
   * is repeated does no more than that.
   * @returns false when the token is wrong or nobody waits
   */
  async receive(address: CallbackAddress, token: string): Promise<boolean> {
    if (!isCallbackToken(token, address, this.secret)) return false;
    const payload = await this.calls.payloads.encode(address.callId, address.workflowId);
    try {
      await this.calls.call((service) =>
        service.signalWorkflowExecution({
          namespace: this.calls.namespace,
          workflowExecution: { workflowId: address.workflowId },
          signalName: CALLBACK_SIGNAL,
          input: { payloads: [payload] },
          identity: this.calls.client.options.identity,
        }),
      );
      return true;
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND, GRPC.INVALID_ARGUMENT)) return false;
      throw fromTemporal(error);
    }
  }
}
