import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from './names.ts';

const ORDER_ID = defineSearchAttributeKey(SEARCH_ATTRIBUTES.orderId.name, SEARCH_ATTRIBUTES.orderId.type);

/** The search attribute by which a workflow is found for each of its orders. */
export const orderIdAttribute = (...orderIds: string[]): SearchAttributePair => ({
  key: ORDER_ID,
  value: orderIds,
});
