import { randomUUID } from 'node:crypto';
import type { World } from '../../model/world.ts';
import { refusable } from '../../system/refusable.ts';
import {
  AUTHENTICATION,
  briefly,
  differs,
  isSoon,
  NOTHING,
  placed,
  soon,
  type Scenario,
} from './scenario.ts';

/** The price of every order here; minor units. */
const TOTAL = 2_000;

interface Held {
  orderId: string;
  paymentIntentId: string;
}

/** Somebody works in the dashboard of the provider, of which the model of an order knows nothing. */
const IN_DASHBOARD = { bare: true, settings: { PAYMENT_CAPTURE: 'later' } } as const;

export const EXTERNAL_SCENARIOS = {
  'captured in the dashboard, then by us': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await stripeOf(world).paymentIntents.capture(paymentIntentId);
      const recorded = await showsSoon(world, orderId, { captured: TOTAL, refunded: 0, capturable: 0 });
      await captureByApi(world, orderId);
      return [
        ...recorded,
        ...differs(
          'captures',
          (await eventsOf(world, orderId)).filter((type) => type === 'captured').length,
          1,
        ),
        ...differs('what the customer paid', await paidIn(world, orderId), TOTAL),
      ];
    },
  },
  'captured in the dashboard, then cancelled by us': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await stripeOf(world).paymentIntents.capture(paymentIntentId, { amount_to_capture: 700 });
      await briefly(refusable(world.shop.api.cancelOrder(orderId)));
      return soon('the money is back', async () => (await paidIn(world, orderId)) === 0);
    },
  },
  'refunded in part in the dashboard': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await captureByApi(world, orderId);
      await stripeOf(world).refunds.create({ payment_intent: paymentIntentId, amount: 600 });
      const recorded = await showsSoon(world, orderId, { captured: TOTAL, refunded: 600, capturable: 0 });
      await world.shop.provider.control('/webhooks/resend', { paymentIntentId, times: 2 });
      return [
        ...recorded,
        ...(await showsSoon(world, orderId, { captured: TOTAL, refunded: 600, capturable: 0 })),
        ...(await soon('the customer has a mail about the refund', async () => {
          const mails = await world.shop.api.mails(orderId);
          return mails.some(({ kind, status }) => kind === 'refunded' && status === 'sent');
        })),
      ];
    },
  },
  'refunded in full in the dashboard': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await captureByApi(world, orderId);
      await stripeOf(world).refunds.create({ payment_intent: paymentIntentId });
      return soon(
        'the order is refunded',
        async () => (await world.shop.api.getOrder(orderId)).status === 'refunded',
      );
    },
  },
  'a hold appears after the cancel': {
    ...IN_DASHBOARD,
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      const { payment } = await world.shop.api.getOrder(order.orderId);
      await world.cancel(order);
      await world.shop.provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/succeed_late`);
      return soon('the hold is released', async () => {
        const { status } = await stripeOf(world).paymentIntents.retrieve(payment.paymentIntentId ?? '');
        return status === 'canceled';
      });
    },
  },
  'released in the dashboard, then captured by us': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await stripeOf(world).paymentIntents.cancel(paymentIntentId);
      const told = await soon(
        'an operator is told',
        async () => (await world.shop.api.getOrder(orderId)).attention !== null,
      );
      await captureByApi(world, orderId);
      return [...told, ...differs('what the customer paid', await paidIn(world, orderId), 0)];
    },
  },
  'a hold expires, and is captured by us': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await world.shop.provider.control(`/payment_intents/${paymentIntentId}/expire`);
      const recorded = await showsSoon(world, orderId, { captured: 0, refunded: 0, capturable: 0 });
      await captureByApi(world, orderId);
      return [...recorded, ...differs('what the customer paid', await paidIn(world, orderId), TOTAL)];
    },
  },
  'a refund in the dashboard fails': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await captureByApi(world, orderId);
      const refund = await stripeOf(world).refunds.create({ payment_intent: paymentIntentId, amount: 600 });
      const recorded = await showsSoon(world, orderId, { captured: TOTAL, refunded: 600, capturable: 0 });
      await world.shop.provider.control(`/refunds/${refund.id}/fail`);
      return [
        ...recorded,
        ...(await showsSoon(world, orderId, { captured: TOTAL, refunded: 0, capturable: 0 })),
        ...(await soon(
          'an operator is told',
          async () => (await world.shop.api.getOrder(orderId)).attention !== null,
        )),
      ];
    },
  },
  'cancelled after a dispute was lost, which is won then': {
    ...IN_DASHBOARD,
    async run(world) {
      const { orderId, paymentIntentId } = await held(world);
      await captureByApi(world, orderId);
      await world.shop.provider.control(`/payment_intents/${paymentIntentId}/dispute`);
      const dispute = async () => (await world.shop.api.getOrder(orderId)).disputes[0];
      const opened = await soon('the dispute is recorded', async () => (await dispute()) !== undefined);
      const disputeId = (await dispute())?.disputeId ?? '';
      await world.shop.provider.control(`/disputes/${disputeId}/lose`);
      const lost = await soon('the dispute is lost', async () => (await dispute())?.status === 'lost');
      await briefly(refusable(world.shop.api.cancelOrder(orderId)));
      const cancelled = await isSoon(world, orderId, 'cancelled');
      await world.shop.provider.control(`/disputes/${disputeId}/win`);
      return [
        ...opened,
        ...lost,
        ...cancelled,
        ...(await soon('the money is back', async () => (await paidIn(world, orderId)) === 0)),
      ];
    },
  },
} as const satisfies Record<string, Scenario>;

const stripeOf = ({ shop }: World) => shop.provider.stripe;

/** An order whose money is held. */
async function held(world: World): Promise<Held> {
  const { orderId } = await placed(world, 'pm_card_visa');
  const { payment } = await world.shop.api.getOrder(orderId);
  return { orderId, paymentIntentId: payment.paymentIntentId ?? '' };
}

const captureByApi = (world: World, orderId: string): Promise<void> =>
  briefly(refusable(world.shop.api.captureOrder(orderId, {}, randomUUID())));

async function showsSoon(world: World, orderId: string, expected: object): Promise<string[]> {
  const amounts = async (): Promise<string> => {
    const { captured, refunded, capturable } = (await world.shop.api.getOrder(orderId)).payment;
    return JSON.stringify({ captured, refunded, capturable });
  };
  const wanted = JSON.stringify(expected);
  const late = await soon(`the order shows ${wanted}`, async () => (await amounts()) === wanted);
  return late.length === 0 ? NOTHING : differs('the order shows', JSON.parse(await amounts()), expected);
}

const eventsOf = async (world: World, orderId: string): Promise<string[]> =>
  (await world.shop.api.orderEvents(orderId)).map(({ type }) =>
    type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''),
  );

/** What the provider has taken from the customer and not given back. */
async function paidIn(world: World, orderId: string): Promise<number> {
  const stripe = stripeOf(world);
  const { data } = await stripe.paymentIntents.search({ query: `metadata['order_id']:'${orderId}'` });
  let paid = 0;
  for (const { id, amount_received: received } of data) {
    const refunds = await stripe.refunds.list({ payment_intent: id, limit: 100 });
    paid += received - refunds.data.reduce((sum, { amount }) => sum + amount, 0);
  }
  return paid;
}
