/**
 * The statuses of a dispute, in the provider's words (docs.stripe.com/api/disputes/object). Those with `warning_` are of an inquiry: the
 * bank only asks, and no money is withdrawn. Stripe may add statuses, so that a status which is not listed here is shown as it is.
 */
export const DISPUTE_STATUSES = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'appeal_needs_response',
  'appeal_under_review',
  'won',
  'lost',
  'prevented',
] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** How a closed dispute has ended. `warning_closed`: an inquiry that did not become a dispute. */
export const DISPUTE_OUTCOMES = ['won', 'lost', 'warning_closed', 'prevented'] as const;

/** The step of an order that waits for evidence. No workflow waits for it: it ends when the provider says so. */
export const RESPOND_TO_DISPUTE = 'respondToDispute';
