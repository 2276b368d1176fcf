/** One thing that must hold. Its query answers a row for each exception: {order_id, ids, detail}. */
export interface AuditRule {
  /** A stable code. */
  readonly code: string;
  readonly whatToDo: string;
  /** What is there beside the shop's own tables, see `session.ts`. */
  readonly sql: string;
}

/** Parts of the rules' queries; `o` is the order, `p` one of its payments. */
export const AUDITED_ORDERS = 'orders o join audit_scope using (order_id)';

export const IS_PAID = 'o.status = any (paid_order_statuses())';
export const HAS_FAILED = 'o.status = any (failed_order_statuses())';
/** Nothing is kept of the customer's money. */
export const HAS_ENDED = 'o.status = any (ended_order_statuses())';

const runs = (which: string): string =>
  `exists (select from audit_workflows w where w.order_id = o.order_id and w.running${which})`;
export const ANY_RUNS = runs('');
export const STORY_RUNS = runs(' and w.story');
export const OPERATION_RUNS = runs(' and not w.story');

export const runsAs = (workflowId: string): string =>
  `exists (select from audit_workflows w where w.workflow_id = ${workflowId} and w.running)`;

/** Nobody is at work on the order's money: what the provider says of it must be what we say. */
export const AT_REST = `(not ${OPERATION_RUNS} and (o.outcome_at is not null or not ${STORY_RUNS}))`;

/** An operator has settled it, and is taken at their word. */
export const BY_HAND = `(p.settled_by_hand is not null or exists (
  select from captures c where c.order_id = p.order_id and c.status in ('skipped', 'resolved')))`;
