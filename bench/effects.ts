import { createMailLog } from '../src/adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../src/adapters/postgres/order-ledger.ts';
import { createPool, type Pool } from '../src/adapters/postgres/pool.ts';
import { createMailer } from '../src/adapters/smtp/mailer.ts';
import { createStripeClient } from '../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../src/adapters/stripe/payment-provider.ts';
import { renderMail } from '../src/activities/mail-texts.ts';
import type { CheckoutAdapters } from '../src/activities/index.ts';
import type { CheckoutOrder, OrderResult, PaymentRecord } from '../src/contracts/temporal/checkout.ts';
import type { MailKind } from '../src/contracts/http/mail.ts';
import type { OrderRequest } from '../src/contracts/http/order.ts';
import { orderIdOf } from '../src/orders/order-id.ts';
import { requestHash } from '../src/orders/request-hash.ts';
import { setting } from './serve.ts';

/** The outside world of a peer, by the adapters of this checkout: the same SQL, the same clients. */
export interface Outside extends CheckoutAdapters {
  readonly pool: Pool;
  close(): Promise<void>;
}

export function openOutside(): Outside {
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
    async close() {
      mailer.close();
      await pool.end();
    },
  };
}

/** What a step hands to the next one; survives a journal or a queue as JSON. */
export interface Reserved {
  readonly status: string;
  /** Minor units. */
  readonly total: number;
  readonly currency: string;
}

/** The steps of an order, each safe to run twice: what a peer puts between them is what is compared. */
export interface Steps {
  readonly reserve: (order: CheckoutOrder) => Promise<Reserved>;
  /** @throws where the provider gives no certain answer or declines */
  readonly charge: (
    order: CheckoutOrder,
    reserved: Reserved,
    triedBefore?: boolean,
  ) => Promise<PaymentRecord>;
  /** The order's status after it. */
  readonly confirm: (orderId: string, payment: PaymentRecord) => Promise<string>;
  readonly tell: (orderId: string) => Promise<void>;
}

const MAILS: readonly MailKind[] = ['created', 'paid'];

export function createSteps({ ledger, provider, mails, mailer }: CheckoutAdapters): Steps {
  return {
    async reserve(order) {
      const { status, total, currency } = only(await ledger.reserveStock([order]));
      return { status, total, currency };
    },

    async charge({ orderId, placedAt, request }, { status, total, currency }, triedBefore = false) {
      if (status !== 'reserved' && status !== 'paid') throw new Error(`the order is ${status}`);
      const charged = await provider.charge({
        orderId,
        attempt: 1,
        amount: total,
        currency,
        paymentMethod: request.payment.method,
        placedAt,
        triedBefore,
      });
      if (charged.status !== 'succeeded') throw new Error(`the payment is ${charged.status}`);
      const { paymentIntentId, captured } = charged;
      return { attempt: 1, status: 'succeeded', paymentIntentId, captured };
    },

    async confirm(orderId, payment) {
      return only(await ledger.confirmOrder([{ orderId, payment }])).status;
    },

    async tell(orderId) {
      const wanted = MAILS.map((kind) => ({
        orderId,
        kind,
        messageId: `<${orderId}.${kind}@durable-checkout.example>`,
      }));
      const claimed = await mails.claim(wanted);
      await Promise.all(
        claimed.map((mail) => {
          const { messageId, email, name } = mail;
          const to = name === undefined ? { address: email } : { address: email, name };
          return mailer.send({ messageId, orderId, to, ...renderMail(mail) });
        }),
      );
      await mails.markSent(claimed.map(({ messageId }) => messageId));
    },
  };
}

function only(answers: OrderResult[]): OrderResult {
  const [answer] = answers;
  if (!answer) throw new Error('nothing was answered');
  return answer;
}

/** The order as this checkout would have it, of a client of the peer's own. */
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
