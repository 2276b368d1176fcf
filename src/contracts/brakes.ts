import { BROKERS, type BrokerName } from './broker-names.ts';

/** What a brake can pause: taking new orders in, taking money, or selling an item. */
export const BRAKE_KINDS = ['intake', 'provider', 'sku'] as const;
export type BrakeKind = (typeof BRAKE_KINDS)[number];

/** The target of a brake that pauses every new order. */
export const EVERY_SOURCE = 'all';
/** The target of a brake that pauses the payment provider. */
export const PAYMENT_PROVIDER = 'stripe';

/** The ways in which an order can arrive. */
export const WAYS_IN = ['http', ...BROKERS] as const;

/** Where an order comes from. */
export interface OrderOrigin {
  readonly by: 'http' | BrokerName;
  /** The source of the CloudEvent that it arrived as. */
  readonly source?: string;
}
