import { FIRST_EPOCH, type CheckoutOrder } from '../contracts/temporal/checkout.ts';
import type { MailRequest } from '../contracts/http/mail.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import { isFailed } from '../domain/order-status.ts';

/** One order of a group. */
export interface GroupMember {
  readonly order: CheckoutOrder;
  /** The epoch of the order in this group. */
  readonly epoch: number;
  /** Payment intents of the payment events that arrived, oldest first. */
  readonly paymentEvents: string[];
  /** How many of these events were forwarded. */
  forwardedEvents: number;
  /** A caller needs the order to have a workflow of its own. */
  detachRequested: boolean;
  /** Another run carries the order: it was accepted a second time, or was taken from this group. */
  ownedElsewhere: boolean;
  /** The order's final status in the group; `undefined` until it is settled. */
  outcome?: OrderStatus | 'detached';
}

export const createGroupMember = (order: CheckoutOrder, epoch = FIRST_EPOCH): GroupMember => ({
  order,
  epoch,
  paymentEvents: [],
  forwardedEvents: 0,
  detachRequested: false,
  ownedElsewhere: false,
});

/** Whether the group has settled the order itself. */
export const isSettledInGroup = ({ outcome }: GroupMember): boolean =>
  outcome !== undefined && outcome !== 'detached';

/** The mails to the customer of an order that the group has settled. */
export function mailsOf({ order: { orderId }, outcome }: GroupMember): MailRequest[] {
  if (outcome === undefined || outcome === 'detached') return [];
  if (outcome === 'paid')
    return [
      { orderId, kind: 'created' },
      { orderId, kind: 'paid' },
    ];
  return isFailed(outcome) ? [{ orderId, kind: outcome }] : [];
}
