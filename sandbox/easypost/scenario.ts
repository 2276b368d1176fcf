/**
 * How the sandbox treats a parcel, by the second line of the customer's address, as payment methods decide it for payments. Listed in
 * docs/guides/run.md.
 */
export const SCENARIOS = [
  /** The address does not exist. */
  'sandbox_refused',
  'sandbox_no_rates',
  /** The account has no money for the label. */
  'sandbox_no_funds',
  /** The carrier refuses to sell the label. */
  'sandbox_no_label',
  /** The label is bought, and the connection is closed before the answer. */
  'sandbox_answer_lost',
  'sandbox_slow',
  /** Every request with the address is answered 503 until an end is set. */
  'sandbox_outage',
  /** The carrier loses the parcel. */
  'sandbox_lost',
  /** The parcel goes back to its sender. */
  'sandbox_returned',
  /** The first request to refund the label is rejected. */
  'sandbox_refund_rejected',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export const scenarioOf = ({ street2 }: { readonly street2: string | null }): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario === street2?.trim().toLowerCase());
