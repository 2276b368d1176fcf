import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../../../src/adapters/postgres/order-ledger.ts';
import { createPool, type Pool } from '../../../src/adapters/postgres/pool.ts';
import { createMailer } from '../../../src/adapters/smtp/mailer.ts';
import { createStripeClient } from '../../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../../src/adapters/stripe/payment-provider.ts';
import { MAIL_STYLE } from '../../../harness/mail-style.ts';
import type { CheckoutAdapters } from '../../../src/activities/index.ts';
import type { CheckoutOrder, OrderResult, PaymentRecord } from '../../../src/contracts/temporal/checkout.ts';
import type { MailKind } from '../../../src/contracts/http/mail.ts';
import type { OrderRequest } from '../../../src/contracts/http/order.ts';
import { renderMail } from '../../../src/mail/render.ts';
import { orderIdOf } from '../../../src/orders/order-id.ts';
import { requestHash } from '../../../src/orders/request-hash.ts';
import { setting } from './serve.ts';

/** The adapters of this checkout, for a variant that is built in another way: the same SQL functions and the same clients. */
export interface VariantAdapters extends CheckoutAdapters {
  readonly pool: Pool;
  close(): Promise<void>;
}

export function openAdapters(): VariantAdapters {
  const pool = createPool({ url: setting('DATABASE_URL') });
  const mailer = createMailer({ smtpUrl: setting('SMTP_URL'), from: 'Shop <orders@shop.example>' });
  const stripe = createStripeClient({
    apiKey: setting('STRIPE_API_KEY'),
    apiBase: setting('STRIPE_API_BASE'),
    timeoutMs: 20_000,
  });
  return {
    pool,
    ledger: createOrderLedger(pool),
    provider: createPaymentProvider(stripe),
    mails: createMailLog(pool),
    mailer,
    mailStyle: MAIL_STYLE,
    async close() {
      mailer.close();
      await pool.end();
    },
  };
}

/** The result of the reservation that the charge needs. JSON, so that a journal or a queue can store it. */
export interface Reserved {
  readonly status: string;
  /** Minor units. */
  readonly total: number;
  readonly currency: string;
}

/** The steps of an order, each safe to run twice. Variants differ in what they put between the steps. */
export interface Steps {
  readonly reserve: (order: CheckoutOrder) => Promise<Reserved>;
  /** @throws where the provider declines, or does not say whether the money has moved */
  readonly charge: (
    order: CheckoutOrder,
    reserved: Reserved,
    triedBefore?: boolean,
  ) => Promise<PaymentRecord>;
  /** Returns the status of the order after the confirmation. */
  readonly confirm: (orderId: string, payment: PaymentRecord) => Promise<string>;
  readonly notify: (orderId: string) => Promise<void>;
}

const MAILS: readonly MailKind[] = ['created', 'paid'];

export function createSteps({ ledger, provider, mails, mailer }: CheckoutAdapters): Steps {
  return {
    async reserve(order) {
      const { status, total, currency } = onlyResult(await ledger.reserveStock([order]));
      return { status, total, currency };
    },

    async charge({ orderId, placedAt, request }, { status, total, currency }, triedBefore = false) {
      if (status !== 'reserved' && status !== 'paid')
        throw new Error(`${orderId} cannot be charged: it is ${status}`);
      const charged = await provider.charge({
        orderId,
        attempt: 1,
        amount: total,
        currency,
        paymentMethod: request.payment.method,
        placedAt,
        triedBefore,
      });
      if (charged.status !== 'succeeded')
        throw new Error(`the payment of ${orderId} did not succeed: it is ${charged.status}`);
      const { paymentIntentId, captured } = charged;
      return { attempt: 1, status: 'succeeded', paymentIntentId, captured };
    },

    async confirm(orderId, payment) {
      return onlyResult(await ledger.confirmOrder([{ orderId, payment }])).status;
    },

    async notify(orderId) {
      const wanted = MAILS.map((kind) => ({
        orderId,
        kind,
        messageId: `<${orderId}.${kind}@durable-checkout.example>`,
      }));
      const { claimed } = await mails.claim(wanted, { id: orderId, ms: 0 });
      await Promise.all(
        claimed.map((mail) => {
          const { messageId, email, name } = mail;
          const to = name === undefined ? { address: email } : { address: email, name };
          return mailer.send({ messageId, orderId, to, ...renderMail(mail.kind, mail, MAIL_STYLE) });
        }),
      );
      await mails.markSent(claimed.map(({ messageId }) => messageId));
    },
  };
}

function onlyResult(results: OrderResult[]): OrderResult {
  const [result] = results;
  if (!result) throw new Error('the ledger returned no result for the order');
  return result;
}

/** The order that this checkout would make of the request. Each variant is a client of its own, so that its orders can be counted. */
export function orderOfRequest(clientId: string, body: unknown, key: string): CheckoutOrder {
  const request = body as OrderRequest;
  return {
    orderId: orderIdOf(clientId, key),
    clientId,
    requestHash: requestHash(request),
    placedAt: new Date().toISOString(),
    request,
  };
}
