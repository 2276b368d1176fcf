import { setTimeout as delay } from 'node:timers/promises';
import type { StockSyncRow } from '../../../src/contracts/http/stock-sync.ts';
import { ITEMS } from '../../model/catalogue.ts';
import type { World } from '../../model/world.ts';
import { reaches } from '../../orders/requests.ts';
import { AUTHENTICATION, differs, placed, soon, type Scenario } from './scenario.ts';
import { counts, handOver, shipped } from './shipping.ts';

/** Longer than the pause between two looks for stock that is low. */
const ALERT_MS = 5_000;

export const COUNT_SCENARIOS = {
  'a count from before a hand-over': {
    bare: true,
    settings: { FULFILMENT: 'warehouse' },
    async run(world) {
      const { orderId } = await shipped(world, { cheap: 2 });
      const counted = await now(world);
      await handOver(world, orderId, 2);
      await sync(world, { kind: 'physical', quantity: 30, sequence: 1, asOf: counted });
      return [...(await counts(world, { onHand: 28, available: 28 })), ...(await world.audit())];
    },
  },
  'a count of what can be sold, from before a sale': {
    bare: true,
    async run(world) {
      const counted = await now(world);
      await placed(world, 'pm_card_visa', { cheap: 2 });
      await sync(world, { kind: 'sellable', quantity: 30, sequence: 1, asOf: counted });
      return counts(world, { available: 28 });
    },
  },
  'a delivery of goods is reported twice': {
    bare: true,
    async run(world) {
      const arrived = { kind: 'delta', quantity: 5, sequence: 1 } as const;
      await sync(world, arrived);
      await sync(world, arrived);
      return counts(world, { onHand: 35, available: 35 });
    },
  },
  'stock is low for a moment': {
    bare: true,
    async run(world) {
      await watch(world, 1);
      const order = await placed(world, AUTHENTICATION, { scarce: 2 });
      await reaches(world.shop.api, order.orderId, ['awaiting_customer']);
      await delay(ALERT_MS);
      await world.cancel(order);
      return differs('alerts', await alerts(world), 0);
    },
  },
  'stock is low, and more is sold': {
    bare: true,
    settings: { STOCK_ALERT_DELAY_MS: '0' },
    async run(world) {
      await watch(world, 2);
      await placed(world, 'pm_card_visa', { scarce: 1 });
      const found = await soon('an alert is raised', async () => (await alerts(world)) > 0);
      await placed(world, 'pm_card_visa', { scarce: 1 });
      await delay(ALERT_MS);
      return [...found, ...differs('alerts', await alerts(world), 1)];
    },
  },
} as const satisfies Record<string, Scenario>;

/** The time of the database, which is compared with the times of movements. */
async function now({ shop: { pool } }: World): Promise<string> {
  const { rows } = await pool.query<{ now: string }>('select iso_time(clock_timestamp()) as now');
  return rows[0]?.now ?? '';
}

type Row = Pick<StockSyncRow, 'kind' | 'quantity' | 'sequence' | 'asOf'>;

/** Another system reports the cheap item. */
async function sync(world: World, row: Row): Promise<void> {
  const sku = world.sku('cheap');
  const rows = JSON.stringify({ source: 'proof', location: 'default', sku, ...row });
  for await (const { status } of world.shop.api.syncStock(rows))
    if (status === 'error') throw new Error(`the row of ${sku} was not applied`);
}

/** The scarce item has alerts. */
async function watch(world: World, lowAt: number): Promise<void> {
  await world.shop.api.putStock(world.sku('scarce'), {
    title: 'scarce',
    currency: 'EUR',
    ...ITEMS.scarce,
    lowAt,
  });
}

async function alerts(world: World): Promise<number> {
  const { rows } = await world.shop.pool.query<{ count: number }>(
    'select count(*) as count from stock_alerts where sku = $1',
    [world.sku('scarce')],
  );
  return rows[0]?.count ?? 0;
}
