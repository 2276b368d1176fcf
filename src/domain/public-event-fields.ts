import type { OutboxEvent } from '../contracts/ports/event-destination.ts';

/** True: the member as it is. An object: these members of it, or of each of a list. */
type Told = true | { readonly [member: string]: Told };

/**
 * What an event tells outside, a member at a time: what is not named here stays in the shop. Free words (an operator's note, the
 * reason that somebody gave for a refund or a cancellation) may be about a person, and nobody outside has asked for them; a new
 * member that is a code, an id, a time or a number is added here.
 */
const TOLD: Told = {
  status: true,
  total: true,
  currency: true,
  /** A code, but that of an order which was cancelled: see {@link toldOf}. */
  reason: true,
  lines: { sku: true, title: true, quantity: true, unitPrice: true, total: true },
  review: { reasons: true, deadline: true, decision: true, decidedAt: true },
  capture: { captureId: true, amount: true, status: true },
  refund: { refundId: true, amount: true, status: true, paymentIntentId: true, providerRefundId: true },
  /** `reason`: a code of ours, and what the shop itself says about it. */
  attention: { step: true, reason: true },
};

/** The data of an event as it leaves the shop. */
export function toldOf({ data }: Pick<OutboxEvent, 'data'>): Record<string, unknown> {
  const { reason, ...others } = data;
  // Why an order was cancelled is what somebody has typed.
  const isCode = reason !== undefined && data['status'] !== 'cancelled';
  return told({ ...others, ...(isCode && { reason }) }, TOLD) as Record<string, unknown>;
}

function told(value: unknown, what: Told): unknown {
  if (what === true) return value;
  if (Array.isArray(value)) return value.map((each) => told(each, what));
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const inner = Object.hasOwn(what, name) ? what[name] : undefined;
      return inner === undefined ? [] : [[name, told(member, inner)]];
    }),
  );
}
