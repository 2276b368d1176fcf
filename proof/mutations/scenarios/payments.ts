import { setTimeout as delay } from 'node:timers/promises';
import { reaches } from '../../orders/requests.ts';
import type { World } from '../../model/world.ts';
import { AUTHENTICATION, briefly, isSoon, NOTHING, placed, planOf, type Scenario } from './scenario.ts';

/** Longer than one round of attempts to confirm an order. */
const CONFIRM_ROUND_MS = 7_000;

export const PAYMENT_SCENARIOS = {
  'paid by card': {
    async run(world) {
      await placed(world, 'pm_card_visa');
      return NOTHING;
    },
  },
  declined: {
    async run(world) {
      await placed(world, 'pm_card_chargeDeclined');
      return NOTHING;
    },
  },
  'the answers to a charge are lost': {
    async run(world) {
      await loseAnswers(world, 'charge', 3, async () => {
        await placed(world, 'pm_card_visa');
      });
      return NOTHING;
    },
  },
  'the answers to a charge are lost for long': {
    async run(world) {
      await loseAnswers(world, 'charge', 12, async () => {
        const order = await placed(world, 'pm_card_visa');
        await reaches(world.shop.api, order.orderId, ['paid']);
      });
      return NOTHING;
    },
  },
  'the answers to a refund are lost': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await loseAnswers(world, 'refund', 3, () => world.refund(order, 600));
      return NOTHING;
    },
  },
  'the customer authenticates': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      await world.authenticate(order, 'succeeded');
      await reaches(world.shop.api, order.orderId, ['paid']);
      return NOTHING;
    },
  },
  'the customer does not authenticate': {
    settings: { PAYMENT_DEADLINE_MS: '1500' },
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      order.mayExpire = true;
      return isSoon(world, order.orderId, 'expired');
    },
  },
  'the money comes after the cancel': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      await world.cancel(order);
      await world.succeedLate(order);
      return NOTHING;
    },
  },
  'the order cannot be confirmed for a while': {
    async run(world) {
      const { pool } = world.shop;
      await pool.query(`
        create or replace function refuse_paid() returns trigger language plpgsql as $$
          begin raise exception 'refused for a while' using errcode = '55000'; end $$;
        create trigger refuse_paid before update on orders for each row when (new.status = 'paid')
          execute function refuse_paid();`);
      await world.place(world.plan(planOf('pm_card_visa')));
      await delay(CONFIRM_ROUND_MS);
      await pool.query('drop trigger refuse_paid on orders');
      return NOTHING;
    },
  },
  'two refunds at once, together more than was paid': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.shop.provider.control('/faults', { failNext: 3, failNextWith: 503, only: 'refund' });
      await briefly(Promise.all([world.refund(order, 1_200), world.refund(order, 1_200)]));
      return NOTHING;
    },
  },
  'two refunds of an order': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.refund(order, 500);
      await briefly(world.refund(order, 500));
      return NOTHING;
    },
  },
  'a refund of more than was paid': {
    async run(world) {
      await briefly(world.refund(await placed(world, 'pm_card_visa'), 5_000));
      return NOTHING;
    },
  },
} as const satisfies Record<string, Scenario>;

async function loseAnswers(world: World, kind: 'charge' | 'refund', times: number, act: () => Promise<void>) {
  await world.shop.provider.control('/faults', { dropAfter: times, only: kind });
  await act();
}
