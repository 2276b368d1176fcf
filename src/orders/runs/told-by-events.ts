import type { OrderEvent, OrderView } from '../../contracts/http/order.ts';
import type { OrderRun, RunNode } from '../../contracts/http/runs.ts';
import { CHECKOUT_WORKFLOW, checkoutWorkflowId } from '../../contracts/temporal/names.ts';
import { isDecided } from '../../domain/order-status.ts';

type Told = Pick<RunNode, 'kind' | 'name' | 'undo'>;

/** What an event tells of the checkout, by the short name of its type. */
const TOLD: Readonly<Record<string, Told>> = {
  reserved: { kind: 'step', name: 'reserveStock' },
  in_review: { kind: 'wait', name: 'review' },
  review_approved: { kind: 'decision', name: 'approve' },
  review_rejected: { kind: 'decision', name: 'reject' },
  awaiting_customer: { kind: 'wait', name: 'customer' },
  payment_unknown: { kind: 'wait', name: 'payment_outcome' },
  paid: { kind: 'step', name: 'confirmOrder' },
};

const FAILED = new Set(['out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled']);

/** The checkout of an order as its events tell it, for an order whose history Temporal does not keep any more. */
export function checkoutByEvents(order: OrderView, events: readonly OrderEvent[]): OrderRun {
  const nodes: RunNode[] = [];
  let closedAt: string | undefined;
  for (const { type, occurredAt } of events) {
    const name = type.replace(/^.*\.order\./, '').replace(/\.v\d+$/, '');
    const isEnd = name === 'paid' || FAILED.has(name);
    const told =
      TOLD[name] ?? (isEnd ? { kind: 'step' as const, name: 'releaseStock', undo: true } : undefined);
    if (told && closedAt === undefined) nodes.push({ ...told, state: 'done', startedAt: occurredAt });
    if (isEnd) closedAt ??= occurredAt;
  }
  return {
    workflowId: checkoutWorkflowId(order.orderId),
    type: CHECKOUT_WORKFLOW,
    state: isDecided(order.status) ? 'completed' : 'terminated',
    startedAt: order.createdAt,
    ...(closedAt !== undefined && { closedAt }),
    source: 'events',
    nodes,
  };
}
