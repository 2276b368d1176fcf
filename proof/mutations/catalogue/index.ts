import type { Mutation } from '../mutation.ts';
import { COUNT_MUTATIONS } from './counts.ts';
import { EDGE_MUTATIONS } from './edges.ts';
import { EXTERNAL_MUTATIONS } from './external.ts';
import { GROUP_MUTATIONS } from './groups.ts';
import { ORDER_MUTATIONS } from './orders.ts';
import { PAYMENT_MUTATIONS } from './payments.ts';
import { REFUND_MUTATIONS } from './refunds.ts';
import { RETURN_MUTATIONS } from './returns.ts';
import { SHIPPING_MUTATIONS } from './shipping.ts';
import { STOCK_MUTATIONS } from './stock.ts';
import { UNDO_MUTATIONS } from './undo.ts';

/** Every mutation of the proof. */
export const MUTATIONS: readonly Mutation[] = [
  ...PAYMENT_MUTATIONS,
  ...REFUND_MUTATIONS,
  ...UNDO_MUTATIONS,
  ...STOCK_MUTATIONS,
  ...ORDER_MUTATIONS,
  ...EDGE_MUTATIONS,
  ...GROUP_MUTATIONS,
  ...SHIPPING_MUTATIONS,
  ...RETURN_MUTATIONS,
  ...COUNT_MUTATIONS,
  ...EXTERNAL_MUTATIONS,
];
