import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { Shop, ShopOptions } from '../system/shop.ts';
import type { Placing } from './requests.ts';

export interface ShopSettings extends Pick<ShopOptions, 'settings' | 'parcelStepMs'> {
  /** Whether its orders may have an address. They end when they are closed, or when everything has come back. */
  readonly ships?: true;
}

/** A delivered order is closed at once, so that its workflows end. */
const CLOSES_SOON = { RETURN_WINDOW_MS: '1000' };

const KINDS = {
  usual: {},
  /** Authorises at checkout and captures later. */
  'captures later': { settings: { PAYMENT_CAPTURE: 'later' } },
  /** Parcels move by themselves. */
  ships: { ships: true, settings: CLOSES_SOON, parcelStepMs: 300 },
  /** The same, and what is handed over is captured. */
  'captures when it ships': {
    ships: true,
    settings: { ...CLOSES_SOON, PAYMENT_CAPTURE: 'later' },
    parcelStepMs: 300,
  },
  /** Parcels move by command. Nothing is closed before it is returned. */
  'takes back': { ships: true, settings: { RETURN_WINDOW_MS: '3600000' } },
} as const satisfies Record<string, ShopSettings>;

export type ShopKind = keyof typeof KINDS;

/** Shops that differ in their settings. */
export const SHOP_KINDS: Readonly<Record<ShopKind, ShopSettings>> = KINDS;

/** What can happen to an order, and the activities that certainly run then. */
export interface Scenario {
  readonly title: string;
  readonly reaches: readonly string[];
  /** The status in which the order ends. Undefined when there is no order: `orderId` is then the id of something else. */
  readonly ends: OrderStatus | undefined;
  /** How long the recovery may take, in milliseconds. Default: as long as any may take. */
  readonly maxRecoveryMs?: number;
  /** Where it happens. Default: `usual`. */
  readonly shop?: ShopKind;
  /** These of `reaches` are crash points here too, although an earlier scenario reaches them. */
  readonly again?: readonly string[];
  /** Its workflow tasks are crash points too. */
  readonly tasks?: boolean;
  /** Sets the provider up for all orders of the shop. */
  readonly provider?: {
    readonly before: (shop: Shop) => Promise<void>;
    /** When every order has been driven. */
    readonly after: (shop: Shop) => Promise<void>;
  };
  /** Places the order and does what customer, provider and shop do with it. May return before the order has ended. */
  drive(shop: Shop, placing: Placing): Promise<void>;
}
