import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';

/** An order, as the shop that wrote this workflow sends it. Nothing in this file knows of A2A. */
export interface Order {
  customer: string;
  items: { sku: string; quantity: number; unitPrice: number }[];
}

export interface Invoice {
  customer: string;
  lines: { sku: string; total: number }[];
  net: number;
  tax: number;
  total: number;
}

const { taxRateFor } = proxyActivities<{ taxRateFor(customer: string): Promise<number> }>({
  startToCloseTimeout: '10 seconds',
});

export async function invoice(order: Order): Promise<Invoice> {
  checkOrder(order);
  const lines = order.items.map(({ sku, quantity, unitPrice }) => ({
    sku,
    total: cents(quantity * unitPrice),
  }));
  const net = cents(lines.reduce((sum, line) => sum + line.total, 0));
  const tax = cents(net * (await taxRateFor(order.customer)));
  return { customer: order.customer, lines, net, tax, total: cents(net + tax) };
}

function checkOrder(order: Order): void {
  if (typeof order?.customer !== 'string' || order.customer === '') refuse('the order has no customer');
  if (!Array.isArray(order.items) || order.items.length === 0) refuse('the order has no items');
  for (const [index, item] of order.items.entries()) {
    if (typeof item?.sku !== 'string') refuse(`item ${index + 1} has no sku`);
    if (!(item.quantity > 0)) refuse(`item ${index + 1} (${item.sku}) has no positive quantity`);
    if (!(item.unitPrice >= 0)) refuse(`item ${index + 1} (${item.sku}) has no unit price`);
  }
}

function refuse(reason: string): never {
  throw ApplicationFailure.nonRetryable(reason, 'InvalidOrder');
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
