import { ApplicationFailure } from '@temporalio/workflow';
import { answerParts, callAgent, isCallFailure } from 'temporal-a2a/workflow';

export interface Order {
  customer: string;
  items: { sku: string; quantity: number; unitPrice: number }[];
}

export interface Receipt {
  customer: string;
  pieces: number;
  /** What the invoicer made of the order. */
  invoice: unknown;
}

/**
 * An ordinary Temporal workflow: it is no agent, has an ID and a result of its own, and knows nothing of A2A but
 * that one of its steps is a call of an agent, which is as durable as the workflow itself.
 */
export async function fulfilOrder(order: Order): Promise<Receipt> {
  const pieces = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
  try {
    const answer = await callAgent('invoice', { data: { ...order } }, { timeout: '1 hour' });
    const [part] = answerParts(answer);
    return { customer: order.customer, pieces, invoice: part?.data };
  } catch (error) {
    if (!isCallFailure(error)) throw error;
    // The agent's task is in the details: its ID, how it ended, what it said.
    const [{ task }] = error.details;
    throw ApplicationFailure.nonRetryable(`no invoice: ${error.message}`, 'NoInvoice', { taskId: task.id });
  }
}
