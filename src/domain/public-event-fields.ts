import type { OutboxEvent } from '../contracts/ports/event-destination.ts';

/** `true` selects a value as it is; an object selects these members of it, or of each element of a list. */
type FieldSelection = true | { readonly [member: string]: FieldSelection };

/**
 * The fields of an event's data that leave this system; every other field is removed. Free text (an operator's note, the
 * reason of a refund or a cancellation) may be about a person and is never public. Add a new field here if it is a code, an
 * id, a time or a number.
 */
const PUBLIC_EVENT_FIELDS: FieldSelection = {
  status: true,
  total: true,
  currency: true,
  /** A code, except for a cancelled order: see {@link publicFieldsOf}. */
  reason: true,
  lines: {
    line: true,
    sku: true,
    title: true,
    quantity: true,
    unitPrice: true,
    gross: true,
    discount: true,
    tax: true,
    net: true,
    total: true,
  },
  review: { reasons: true, deadline: true, decision: true, decidedAt: true },
  capture: { captureId: true, amount: true, status: true },
  refund: {
    refundId: true,
    amount: true,
    status: true,
    madeBy: true,
    paymentIntentId: true,
    providerRefundId: true,
  },
  dispute: {
    disputeId: true,
    paymentIntentId: true,
    amount: true,
    currency: true,
    reason: true,
    status: true,
    outcome: true,
    evidenceDueAt: true,
    fundsWithdrawn: true,
  },
  return: {
    returnId: true,
    number: true,
    status: true,
    lines: { line: true, sku: true, quantity: true, disposition: true },
  },
  shipment: {
    shipmentId: true,
    number: true,
    status: true,
    location: true,
    carrier: true,
    service: true,
    trackingCode: true,
    trackingUrl: true,
    replaces: true,
    lines: { line: true, sku: true, quantity: true },
  },
  stock: {
    sku: true,
    location: true,
    title: true,
    state: true,
    available: true,
    lowAt: true,
    rearmAt: true,
  },
  /** `error`: a response code of the mail server. */
  mail: { kind: true, part: true, error: true },
  /** `reason`: a code. */
  run: { epoch: true, reason: true },
  /** `reason`: a code, and a message that this project has written. */
  attention: { step: true, reason: true, deadline: true },
};

/** The data of an event as it leaves this system. */
export function publicFieldsOf({ data }: Pick<OutboxEvent, 'data'>): Record<string, unknown> {
  const { reason, ...others } = data;
  // The reason of a cancelled order is the caller's own words.
  const isCode = reason !== undefined && data['status'] !== 'cancelled';
  return select({ ...others, ...(isCode && { reason }) }, PUBLIC_EVENT_FIELDS) as Record<string, unknown>;
}

function select(value: unknown, selection: FieldSelection): unknown {
  if (selection === true) return value;
  if (Array.isArray(value)) return value.map((element) => select(element, selection));
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const inner = Object.hasOwn(selection, name) ? selection[name] : undefined;
      return inner === undefined ? [] : [[name, select(member, inner)]];
    }),
  );
}
