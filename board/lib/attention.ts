import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';

/** What a step that waits for an operator is about. The texts of the ways depend on it. */
export type StepKind =
  | 'refund'
  | 'capture'
  | 'charge'
  | 'void'
  | 'check'
  | 'dispute'
  | 'authorization'
  | 'carry'
  | 'mail'
  | 'label'
  | 'track'
  | 'stock'
  | 'exchange'
  | 'record';

export function stepKind(step: string): StepKind {
  if (/^refund(Payment)?\b/.test(step)) return 'refund';
  if (step.startsWith('captureAuthorization')) return 'authorization';
  if (/^capture(Payment)?\b/.test(step)) return 'capture';
  if (step.startsWith('checkPayment')) return 'check';
  if (step.startsWith('voidPayment')) return 'void';
  if (/^(charge|retrieve)Payment/.test(step)) return 'charge';
  if (step.startsWith('respondToDispute')) return 'dispute';
  if (step.startsWith('carryOrder')) return 'carry';
  if (step.startsWith('notify')) return 'mail';
  if (step.startsWith('trackShipment')) return 'track';
  if (step.startsWith('allocateStock')) return 'stock';
  if (step.startsWith('placeExchangeOrder')) return 'exchange';
  if (/label|shipment|carrier|tracker/i.test(step)) return 'label';
  return 'record';
}

/** The step as a person reads it: `trackShipment 1` of `trackShipment 1 failure 2026-03-01T09:00:00Z`. */
export const stepName = (step: string): string => step.replace(/(?: \S+)? \d{4}-\d\d-\d\dT\S+$/, '');

/** The number of the shipment that the step follows. Undefined: it follows none. */
export function trackedShipment(step: string): number | undefined {
  const [, number] = /^trackShipment (\d+)\b/.exec(step) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** The code at the beginning of a reason, `RefundReturned` of `RefundReturned: the card …`. Empty if it has none. */
export const reasonCode = (reason: string): string => /^[A-Z][A-Za-z]+(?=[:,\s]|$)/.exec(reason)?.[0] ?? '';

/** Steps that wait only for an operator: the machine does not try them again by itself. */
const NOT_RETRIED = ['RefundReturned', 'RefundMadeElsewhere', 'ChargeRefused', 'PaymentMissing'];
export const waitsForYou = ({ step, reason }: AttentionView): boolean =>
  NOT_RETRIED.includes(reasonCode(reason)) || ['dispute', 'check', 'authorization'].includes(stepKind(step));

export interface Cause {
  step: string;
  code: string;
  orders: OrderView[];
}

/** Orders grouped by the step and the code of the reason, since a cause is repaired rather than an order. The largest group first. */
export function byCause(orders: readonly OrderView[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const order of orders) {
    if (order.attention === null) continue;
    const step = order.attention.step.split(' ')[0] ?? order.attention.step;
    const code = reasonCode(order.attention.reason);
    const key = `${step} ${code}`;
    const cause = causes.get(key) ?? { step, code, orders: [] };
    cause.orders.push(order);
    causes.set(key, cause);
  }
  for (const { orders: grouped } of causes.values())
    grouped.sort((a, b) => Date.parse(a.attention?.since ?? '') - Date.parse(b.attention?.since ?? ''));
  return [...causes.values()].sort((a, b) => b.orders.length - a.orders.length);
}
