/** A payment in the provider's books. Amounts in minor units. */
export interface ProviderPayment {
  paymentIntentId: string;
  /** What we wrote on it when it was made; absent on payments of others. */
  orderId?: string;
  /** As the provider says it, for example `requires_action`. */
  status: string;
  /** As we write it: EUR. */
  currency: string;
  received: number;
  capturable: number;
}

/** A refund in the provider's books that has gone through or is on its way. */
export interface ProviderRefund {
  providerRefundId: string;
  paymentIntentId?: string;
  orderId?: string;
  /** Of ours. */
  refundId?: string;
  amount: number;
}

/** The provider's books, read page by page and never changed. */
export interface ProviderRecords {
  /** Newest first. */
  payments(since?: Date): AsyncIterable<ProviderPayment[]>;
  refunds(since?: Date): AsyncIterable<ProviderRefund[]>;
  /** One payment as it is now with its refunds, or `undefined` if the provider does not know it. */
  find(paymentIntentId: string): Promise<{ payment: ProviderPayment; refunds: ProviderRefund[] } | undefined>;
}

/** A workflow that belongs to an order; one that carries several orders is listed once for each. */
export interface OrderWorkflow {
  workflowId: string;
  orderId: string;
  /** It carries the order from its placing to its outcome, as against an operation on an order that is paid. */
  story: boolean;
  running: boolean;
  /** ISO 8601. */
  startedAt: string;
}

/** Which workflows of orders there are. */
export interface WorkflowLister {
  /** All that run, of any age. */
  running(): AsyncIterable<OrderWorkflow[]>;
  /** Those that carried an order and have ended, as far back as Temporal remembers. */
  closedCheckouts(since?: Date): AsyncIterable<OrderWorkflow[]>;
  /** Asked of the run itself, which is never behind as the lists may be. */
  isRunning(workflowId: string): Promise<boolean>;
}
