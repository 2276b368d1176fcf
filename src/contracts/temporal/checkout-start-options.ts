import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { CheckoutOrder } from './checkout.ts';
import { checkoutWorkflowId, REQUEST_HASH_MEMO, SEARCH_ATTRIBUTES } from './names.ts';

const ORDER_ID = defineSearchAttributeKey(SEARCH_ATTRIBUTES.orderId.name, SEARCH_ATTRIBUTES.orderId.type);
const ORDER_STATUS = defineSearchAttributeKey(
  SEARCH_ATTRIBUTES.orderStatus.name,
  SEARCH_ATTRIBUTES.orderStatus.type,
);

export interface CheckoutStartOptions {
  workflowId: string;
  memo: Record<string, unknown>;
  typedSearchAttributes: SearchAttributePair[];
  staticSummary: string;
}

/** Options with which every caller starts an order's own workflow, so that it has the same id, memo and search attributes. */
export function checkoutStartOptions(order: CheckoutOrder): CheckoutStartOptions {
  const lines = order.request.lines.length;
  return {
    workflowId: checkoutWorkflowId(order.orderId),
    memo: { [REQUEST_HASH_MEMO]: order.requestHash },
    typedSearchAttributes: [orderIdAttribute([order]), { key: ORDER_STATUS, value: 'placed' }],
    staticSummary: lines === 1 ? 'Order with 1 line' : `Order with ${lines} lines`,
  };
}

/** The search attribute by which a workflow is found for each of its orders. */
export const orderIdAttribute = (orders: CheckoutOrder[]): SearchAttributePair => ({
  key: ORDER_ID,
  value: orders.map(({ orderId }) => orderId),
});
