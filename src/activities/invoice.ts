/** The tax rate that applies to a customer; stands for a call to the shop's own systems. */
export async function taxRateFor(customer: string): Promise<number> {
  return customer.endsWith(' Foundation') ? 0 : 0.19;
}
