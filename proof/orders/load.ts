import { setTimeout as delay } from 'node:timers/promises';
import { refusable } from '../system/refusable.ts';
import { customerAddress } from '../system/addresses.ts';
import { isParked, shippedRequest } from './parcels.ts';
import { orderRequest, place, placing } from './requests.ts';
import { authenticate } from './scenarios.ts';
import type { Random } from './random.ts';
import type { Shop } from '../system/shop.ts';

/** What a customer does, and the statuses in which the order may end. */
export interface Customer {
  /** How often this customer comes, relative to the others. */
  readonly share: number;
  readonly ends: readonly string[];
  readonly order: (shop: Shop, key: string, orderId: string) => Promise<void>;
}

const pays = (method: string, share: number, ...ends: string[]): Customer => ({
  share,
  ends,
  order: async ({ api }, key) => {
    await place(api, orderRequest(method), key);
  },
});

const AUTHENTICATION = 'pm_card_authenticationRequired';

const authenticates = (outcome: 'succeeded' | 'failed', share: number, ends: string): Customer => ({
  share,
  ends: [ends],
  order: async (shop, key, orderId) => {
    await place(shop.api, orderRequest(AUTHENTICATION), key);
    await authenticate(shop, orderId, outcome);
  },
});

const cancels = (method: string, share: number, ...ends: string[]): Customer => ({
  share,
  ends,
  order: async ({ api }, key, orderId) => {
    await place(api, orderRequest(method), key);
    await refusable(api.cancelOrder(orderId));
  },
});

/** Their orders have no address: they end with the payment. */
export const CHECKOUT_CUSTOMERS: readonly Customer[] = [
  pays('pm_card_visa', 10, 'paid'),
  pays('pm_card_chargeDeclined', 2, 'payment_failed'),
  pays('pm_card_chargeDeclinedInsufficientFunds', 1, 'payment_failed'),
  pays('pm_sandbox_slow', 1, 'paid'),
  pays('pm_sandbox_timeout_after_charge', 1, 'paid'),
  pays('pm_sandbox_error_once', 1, 'paid'),
  authenticates('succeeded', 1, 'paid'),
  authenticates('failed', 1, 'payment_failed'),
  cancels('pm_sandbox_slow', 1, 'cancelled', 'paid'),
  cancels(AUTHENTICATION, 1, 'cancelled'),
  {
    share: 1,
    ends: ['paid', 'out_of_stock'],
    order: async ({ api }, key) => {
      await place(api, orderRequest('pm_card_visa', 'rare-1'), key);
    },
  },
];

/** The parcel is delivered, whatever the carrier answers to the purchase of its label. */
const receives = (treatment: string | undefined, share: number): Customer => ({
  share,
  ends: ['closed'],
  order: async ({ api }, key) => {
    await place(api, shippedRequest(treatment), key);
  },
});

/** Some of their orders are shipped, and end when they are closed. */
export const ALL_CUSTOMERS: readonly Customer[] = [
  ...CHECKOUT_CUSTOMERS,
  receives(undefined, 3),
  receives('sandbox_slow', 1),
  receives('sandbox_answer_lost', 1),
  {
    share: 1,
    ends: ['closed'],
    order: async (shop, key, orderId) => {
      await place(shop.api, shippedRequest('sandbox_refused'), key);
      await isParked(shop, orderId, 'buyLabel');
      await shop.api.changeAddress(orderId, customerAddress());
    },
  },
];

/** The settings of a shop whose shipped orders end: see `SHOP_KINDS`. The parcel moves so slowly that its label is recorded before. */
export const SHIPPING_SHOP = { settings: { RETURN_WINDOW_MS: '1000' }, parcelStepMs: 1_000 } as const;

export interface Placed {
  readonly orderId: string;
  readonly ends: readonly string[];
}

export interface Load {
  readonly placed: readonly Placed[];
  /** Places no more orders; returns when every customer is done. */
  stop(): Promise<void>;
}

/** An order of one customer. */
export interface Arrival {
  readonly placed: Placed;
  /** Resolves when the customer has done everything with it. */
  readonly done: Promise<void>;
}

/** One more customer, chosen at random. */
export function arrive(
  shop: Shop,
  name: string,
  random: Random,
  customers: readonly Customer[] = ALL_CUSTOMERS,
): Arrival {
  const { key, orderId } = placing(name);
  const { ends, order: act } = random.pick(
    customers.flatMap((customer) => Array.from({ length: customer.share }, () => customer)),
  );
  return { placed: { orderId, ends }, done: act(shop, key, orderId) };
}

/** Places orders at a steady rate, whatever becomes of earlier ones. All keys begin with `prefix`. */
export function startLoad(shop: Shop, ratePerSecond: number, prefix: string, random: Random): Load {
  const placed: Placed[] = [];
  const customers: Promise<void>[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    for (let n = 0; !signal.aborted; n += 1) {
      const arrival = arrive(shop, `${prefix}-${n}`, random);
      arrival.done.catch(() => undefined); // stop() rejects with it
      placed.push(arrival.placed);
      customers.push(arrival.done);
      await delay(1000 / ratePerSecond, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    placed,
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(customers);
    },
  };
}
