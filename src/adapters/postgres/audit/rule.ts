/** One invariant. Its query returns a row for each violation: {order_id, ids, detail}. */
export interface AuditRule {
  /** A stable code. */
  readonly code: string;
  readonly whatToDo: string;
  /**
   * What the query is run for again and again, so that each statement is short: some thousand `orders` (the default), which are in
   * `audit_scope`, or some thousand stock `levels`, which are in `audit_levels`. `audit`: once, for what belongs to no order or level.
   */
  readonly of?: 'orders' | 'levels' | 'audit';
  /** Reads our own tables and the records of others that `comparison-tables.ts` defines. */
  readonly sql: string;
}

// Parts of the rules' queries. `o` is the order, `p` one of its payments.

export const AUDITED_ORDERS = 'orders o join audit_scope using (order_id)';

export const IS_PAID = 'o.status = any (paid_order_statuses())';
export const HAS_FAILED = 'o.status = any (failed_order_statuses())';
/** Nothing is kept of the customer's money. */
export const HAS_ENDED = 'o.status = any (ended_order_statuses())';

const runs = (which: string): string =>
  `exists (select from audit_workflows w where w.order_id = o.order_id and w.running${which})`;
export const CHECKOUT_RUNS = runs(` and w.kind = 'checkout'`);
/** A workflow runs that changes the payment of the order, or tells the customer so. A fulfilment does neither. */
export const PAYMENT_WORKFLOW_RUNS = runs(` and w.kind <> 'fulfilment'`);
export const FULFILMENT_RUNS = runs(` and w.kind = 'fulfilment'`);
const OPERATION_RUNS = runs(` and w.kind = 'operation'`);

/** @param workflowId an SQL expression */
export const runsAs = (workflowId: string): string =>
  `exists (select from audit_workflows w where w.workflow_id = ${workflowId} and w.running)`;

/** No workflow is changing the order's payments, so the provider's records and ours must be equal. */
export const AT_REST = `(not ${OPERATION_RUNS} and (o.outcome_at is not null or not ${CHECKOUT_RUNS}))`;
