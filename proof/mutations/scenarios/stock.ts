import { setTimeout as delay } from 'node:timers/promises';
import { reaches } from '../../orders/requests.ts';
import type { World } from '../../model/world.ts';
import { AUTHENTICATION, isSoon, NOTHING, placed, planOf, type Scenario } from './scenario.ts';

export const STOCK_SCENARIOS = {
  'more is asked for than there is': {
    async run(world) {
      await Promise.all(Array.from({ length: 6 }, () => placed(world, 'pm_card_visa', { scarce: 1 })));
      return NOTHING;
    },
  },
  'many buy one item at once': {
    async run(world) {
      const orders = Array.from({ length: 60 }, () => world.plan(planOf('pm_card_visa', { scarce: 1 })));
      await Promise.all(orders.map((order) => world.place(order)));
      return NOTHING;
    },
  },
  'a rush of orders, in groups': {
    settings: { CHECKOUT_BATCHING: 'adaptive', CHECKOUT_MAX_CONCURRENT_BATCHES: '1' },
    async run(world) {
      const together = [
        planOf('pm_card_visa', { cheap: 1 }),
        planOf('pm_card_visa', { cheap: 1 }),
        planOf('pm_card_visa', { cheap: 3 }),
        planOf('pm_card_visa', { cheap: 2 }),
        planOf('pm_card_chargeDeclined'),
        planOf('pm_card_chargeDeclined'),
        ...Array.from({ length: 4 }, () => planOf('pm_card_visa', { scarce: 1 })),
      ].map((plan) => world.plan(plan));
      const detached = world.plan(planOf(AUTHENTICATION));
      await Promise.all([...together, detached].map((order) => world.place(order)));
      await reaches(world.shop.api, detached.orderId, ['awaiting_customer']);
      await world.authenticate(detached, 'succeeded');
      return isSoon(world, detached.orderId, 'paid');
    },
  },
  'many buy the same two items': {
    async run(world) {
      const before = await deadlocks(world);
      const orders = Array.from({ length: 60 }, () =>
        world.plan(planOf('pm_card_visa', { cheap: 1, dear: 1 })),
      );
      await Promise.all(orders.map((order) => world.place(order)));
      await delay(3_000); // PostgreSQL updates the statistics of a session with a delay
      const count = (await deadlocks(world)) - before;
      return count > 0 ? [`${count} deadlocks`] : NOTHING;
    },
  },
  'the customer was shown another total': {
    async run(world) {
      await world.place(world.plan({ ...planOf('pm_card_visa'), expectedTotal: 'wrong' }));
      return NOTHING;
    },
  },
  'an undo of what never ran': {
    bare: true,
    async run(world) {
      const other = await placed(world, AUTHENTICATION, { cheap: 3 });
      const before = await world.stock('cheap');
      const order = world.bareOrder(planOf('pm_card_visa', { cheap: 2 }));
      await call(world, 'release_stock', [
        { orderId: order.orderId, order, status: 'cancelled', reason: 'test' },
      ]);
      const undone = await world.stock('cheap');
      await call(world, 'reserve_stock', [order]);
      const late = await world.stock('cheap');
      await world.cancel(other);
      return [
        ...(undone === before
          ? []
          : [`the undo of what never ran changed the stock from ${before} to ${undone}`]),
        ...(late === undone
          ? []
          : [`what was undone was done afterwards: the stock went from ${undone} to ${late}`]),
      ];
    },
  },
  'a payment with a wrong amount in the database': tampered(
    'update payments set captured = captured - 1 where captured > 0 and refunded = 0',
  ),
  'a reservation with a wrong state in the database': tampered(
    `update reservations set state = 'released' where state in ('committed', 'consumed')`,
  ),
} as const satisfies Record<string, Scenario>;

/** Rows are changed by hand: the audit must find it. */
function tampered(statement: string): Scenario {
  return {
    bare: true,
    async run(world) {
      await placed(world, 'pm_card_visa');
      await world.quiesce();
      await world.shop.pool.query(statement);
      const found = await world.audit();
      return found.length > 0 ? NOTHING : ['the audit does not find it'];
    },
  };
}

async function deadlocks({ shop: { pool } }: World): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks ?? 0;
}

async function call(
  { shop: { pool } }: World,
  name: 'release_stock' | 'reserve_stock',
  items: object[],
): Promise<void> {
  await pool.query(`select ${name}($1::jsonb)`, [JSON.stringify(items)]);
}
