import type { ComputedRecords } from '../storage/ordered-map.ts';
import type { ChargeRecord, PaymentIntentRecord } from './records.ts';

export interface SimulatedAccountOptions {
  /** How many payments of orders there are. The n-th, from 1, is of the order `<orderPrefix>…n`, and its id is `pi_` and that of the order. */
  readonly payments: number;
  /** How many payments there are that others made in the same account, evenly among those of orders. */
  readonly others: number;
  /** When the first and the last payment were created, in Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly orderPrefix: string;
  readonly amount: number;
  readonly currency: string;
  /** The numbers of orders without a payment. */
  readonly missing: readonly number[];
}

/** `ord_` and 32 letters and digits, as the checkout's. */
const ORDER_ID_LENGTH = 36;

/**
 * The succeeded payments of an account that is too large to be kept in memory: each is computed from its position when it is read. They
 * are older than all other payments. Refunded or changed, a payment is stored like any other.
 */
export class SimulatedAccount {
  readonly #options: SimulatedAccountOptions;
  readonly #total: number;
  readonly #missing: ReadonlySet<number>;

  constructor(options: SimulatedAccountOptions) {
    this.#options = options;
    this.#total = options.payments + options.others;
    this.#missing = new Set(options.missing);
  }

  get intents(): ComputedRecords<PaymentIntentRecord> {
    return this.#records('pi_', (key, position) => this.#intent(key, position));
  }

  get charges(): ComputedRecords<ChargeRecord> {
    return this.#records('ch_', (key, position) => this.#charge(key, position));
  }

  /** Returns the id of the payment of an order. */
  intentOf(orderId: string): string | undefined {
    return this.#positionOf(orderId) === undefined ? undefined : `pi_${orderId}`;
  }

  #records<T>(prefix: string, record: (key: string, position: number) => T): ComputedRecords<T> {
    return {
      size: this.#total,
      at: (position) => {
        const key = this.#keyAt(position);
        return key === undefined ? undefined : record(key, position);
      },
      positionOf: (id) => (id.startsWith(prefix) ? this.#positionOf(id.slice(prefix.length)) : undefined),
    };
  }

  /** What the ids of a payment and its charge end in: the id of its order, or its position among all payments. */
  #keyAt(position: number): string | undefined {
    const { payments, orderPrefix } = this.#options;
    const before = Math.floor((position * payments) / this.#total);
    const n = Math.floor(((position + 1) * payments) / this.#total);
    if (n === before) return `other${position}`;
    return this.#missing.has(n)
      ? undefined
      : orderPrefix + String(n).padStart(ORDER_ID_LENGTH - orderPrefix.length, '0');
  }

  #positionOf(key: string): number | undefined {
    const { payments, orderPrefix } = this.#options;
    const [prefix] = ['other', orderPrefix].filter((each) => key.startsWith(each));
    const number = prefix === undefined ? Number.NaN : Number(key.slice(prefix.length));
    const position = prefix === 'other' ? number : Math.ceil((number * this.#total) / payments) - 1;
    return position >= 0 && position < this.#total && this.#keyAt(position) === key ? position : undefined;
  }

  #createdAt(position: number): number {
    const { from, to } = this.#options;
    return from + Math.floor(((to - from) * position) / this.#total);
  }

  #metadata(key: string): Record<string, string> {
    return key.startsWith(this.#options.orderPrefix) ? { order_id: key, attempt: '1' } : {};
  }

  #intent(key: string, position: number): PaymentIntentRecord {
    const { amount, currency } = this.#options;
    return {
      object: 'payment_intent',
      id: `pi_${key}`,
      amount,
      amount_capturable: 0,
      amount_received: amount,
      automatic_payment_methods: true,
      canceled_at: null,
      cancellation_reason: null,
      capture_method: 'automatic_async',
      client_secret: `pi_${key}_secret`,
      created: this.#createdAt(position),
      currency,
      customer: null,
      description: null,
      last_payment_error: null,
      latest_charge: `ch_${key}`,
      metadata: this.#metadata(key),
      next_action: null,
      payment_method: 'pm_card_visa',
      payment_method_types: ['card'],
      receipt_email: null,
      shipping: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status: 'succeeded',
      transfer_group: null,
    };
  }

  #charge(key: string, position: number): ChargeRecord {
    const { amount, currency } = this.#options;
    return {
      object: 'charge',
      id: `ch_${key}`,
      amount,
      amount_captured: amount,
      amount_refunded: 0,
      captured: true,
      created: this.#createdAt(position),
      currency,
      customer: null,
      description: null,
      failure_code: null,
      failure_message: null,
      decline_code: null,
      metadata: this.#metadata(key),
      payment_intent: `pi_${key}`,
      payment_method: 'pm_card_visa',
      receipt_email: null,
      status: 'succeeded',
    };
  }
}
