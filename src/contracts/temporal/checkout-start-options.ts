import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { FIRST_EPOCH, type CheckoutOrder } from './checkout.ts';
import { checkoutWorkflowId, EPOCH_MEMO, REQUEST_HASH_MEMO, SEARCH_ATTRIBUTES } from './names.ts';
import { orderIdAttribute } from './order-id-attribute.ts';

export const ORDER_STATUS = defineSearchAttributeKey(
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
export function checkoutStartOptions(order: CheckoutOrder, epoch = FIRST_EPOCH): CheckoutStartOptions {
  const lines = order.request.lines.length;
  return {
    workflowId: checkoutWorkflowId(order.orderId),
    memo: { [REQUEST_HASH_MEMO]: order.requestHash, ...(epoch > FIRST_EPOCH && { [EPOCH_MEMO]: epoch }) },
    typedSearchAttributes: [orderIdAttribute(order.orderId), { key: ORDER_STATUS, value: 'placed' }],
    staticSummary: lines === 1 ? 'Order with 1 line' : `Order with ${lines} lines`,
  };
}
