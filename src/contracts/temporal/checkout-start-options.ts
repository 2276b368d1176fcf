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

/** How an order's own workflow is known, whoever starts it. */
export function checkoutStartOptions(order: CheckoutOrder): CheckoutStartOptions {
  const lines = order.request.lines.length;
  return {
    workflowId: checkoutWorkflowId(order.orderId),
    memo: { [REQUEST_HASH_MEMO]: order.requestHash },
    typedSearchAttributes: [...carriedOrders([order]), { key: ORDER_STATUS, value: 'placed' }],
    staticSummary: lines === 1 ? '1 line' : `${lines} lines`,
  };
}

/** By which a workflow is found by each of its orders. */
export const carriedOrders = (orders: CheckoutOrder[]): SearchAttributePair[] => [
  { key: ORDER_ID, value: orders.map(({ orderId }) => orderId) },
];
