import type { ProviderDispute } from '../temporal/disputes.ts';
import type { OrderWorkflowKind } from '../temporal/names.ts';
import type { Carrier } from './carrier.ts';

/** A payment in the payment provider's records. Amounts are in minor units. */
export interface ProviderPayment {
  paymentIntentId: string;
  /** From the metadata that we gave the payment; absent on payments that others made in the same account. */
  orderId?: string;
  /** In the provider's words, for example `requires_action`. */
  status: string;
  /** Upper case, as in our tables: EUR. */
  currency: string;
  /** What the payment is for. */
  amount: number;
  received: number;
  capturable: number;
}

/** A refund in the payment provider's records that succeeded or is pending. */
export interface ProviderRefund {
  providerRefundId: string;
  paymentIntentId?: string;
  orderId?: string;
  /** Our own id of the refund. */
  refundId?: string;
  /** Minor units. */
  amount: number;
}

/** A dispute in the payment provider's records, with the payment that it is about. */
export interface DisputeRecord extends ProviderDispute {
  paymentIntentId: string;
}

/** A page of a list, and where the next one begins, so that reading can go on there in another process. */
export interface RecordPage<T> {
  records: T[];
  /** Absent on the last page. */
  next?: string;
}

/** The payment provider's records, read page by page. Nothing is changed there. */
export interface ProviderRecords {
  /** Newest first, created since then. @param from where to begin: the `next` of a page */
  payments(since: Date, from?: string): AsyncIterable<RecordPage<ProviderPayment>>;
  refunds(since: Date, from?: string): AsyncIterable<RecordPage<ProviderRefund>>;
  disputes(since: Date, from?: string): AsyncIterable<RecordPage<DisputeRecord>>;
  /** Returns one payment with its refunds and disputes as they are now, or `undefined` if the provider does not know the payment. */
  find(
    paymentIntentId: string,
  ): Promise<{ payment: ProviderPayment; refunds: ProviderRefund[]; disputes: DisputeRecord[] } | undefined>;
}

/** A workflow of an order. A workflow of several orders is listed once for each of them. */
export interface OrderWorkflow {
  workflowId: string;
  orderId: string;
  kind: OrderWorkflowKind;
  running: boolean;
  /** When it begins to work, which may be later than the time at which it was started. ISO 8601. */
  startedAt: string;
}

/** Lists the workflows of orders. */
export interface WorkflowLister {
  /** Every running workflow, of any age. */
  running(): AsyncIterable<OrderWorkflow[]>;
  /**
   * The closed workflows that processed orders, started since then, as far back as Temporal retains them.
   *
   * @param from where to begin: the `next` of a page
   */
  closedCheckouts(since: Date, from?: string): AsyncIterable<RecordPage<OrderWorkflow>>;
  /** Describes the workflow itself, so the result is never behind, as the lists may be. */
  isRunning(workflowId: string): Promise<boolean>;
}

/** The carrier's records of labels. Nothing is changed there. */
export type LabelRecords = Pick<Carrier, 'listShipments' | 'findShipment'>;
