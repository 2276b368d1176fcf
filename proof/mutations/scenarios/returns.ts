import { ApiError } from '../../../harness/api/errors.ts';
import type { World } from '../../model/world.ts';
import { openReturn } from '../../orders/parcels.ts';
import { refusable } from '../../system/refusable.ts';
import { differs, placed, soon, type Scenario } from './scenario.ts';
import { counts, delivered, refunds, shipped } from './shipping.ts';

const LABEL_TIMEOUT_MS = 20_000;

export const RETURN_SCENARIOS = {
  'more is returned than was delivered': {
    bare: true,
    async run(world) {
      const order = await shipped(world, { cheap: 2 });
      const found = await delivered(world, order);
      await openReturn(world.shop, order.orderId, { lines: [{ line: 1, quantity: 2 }] });
      const again = { lines: [{ line: 1, quantity: 1 }] };
      const answer = await refusable(world.shop.api.requestReturn(order.orderId, again, 'again'));
      const isRefused = answer instanceof ApiError && answer.code === 'not_returnable';
      return isRefused ? found : [...found, `a third piece is returned: ${JSON.stringify(answer)}`];
    },
  },
  'a piece was refunded before it comes back': {
    bare: true,
    async run(world) {
      const { api, provider } = world.shop;
      const order = await shipped(world, { cheap: 2, scarce: 1 });
      const { orderId } = order;
      const found = await delivered(world, order);
      await api.refundOrder(orderId, { lines: [{ line: 1, quantity: 1 }] }, 'scratched');
      const returnId = await openReturn(world.shop, orderId, { lines: [{ line: 1, quantity: 2 }] });
      await api.receiveReturn(returnId, receipt(['restocked', 2]), 'receipt');
      return [
        ...found,
        ...(await refunds(world, orderId, [1_000, 1_000])),
        ...differs('kept', (await provider.records(world.since)).get(orderId)?.kept, 2_500),
        ...(await counts(world, { onHand: 30, available: 30 })),
        ...(await world.audit()),
      ];
    },
  },
  'what comes back is damaged': {
    bare: true,
    async run(world) {
      const order = await shipped(world, { cheap: 3 });
      const found = await delivered(world, order);
      const returnId = await openReturn(world.shop, order.orderId, { lines: [{ line: 1, quantity: 3 }] });
      await world.shop.api.receiveReturn(
        returnId,
        receipt(['restocked', 1], ['processing', 1], ['not_restocked', 1]),
        'receipt',
      );
      return [...found, ...(await counts(world, { onHand: 29, available: 28, unavailable: 1 }))];
    },
  },
  'the answers to the purchase of the label of a return are lost': {
    bare: true,
    async run(world) {
      const { api, provider } = world.shop;
      const order = await shipped(world, { cheap: 1 }, 'sandbox_answer_lost');
      const found = await delivered(world, order);
      const returnId = await openReturn(world.shop, order.orderId, { lines: [{ line: 1, quantity: 1 }] });
      const isBought = async (): Promise<boolean> => (await api.getReturn(returnId)).labelUrl !== undefined;
      const late = await soon('the label is bought', isBought, LABEL_TIMEOUT_MS);
      const labels = (await provider.labels(world.since)).filter(({ reference }) => reference === returnId);
      return [...found, ...late, ...differs('labels at the carrier', labels.length, 1)];
    },
  },
  'a line that its pieces do not divide is cancelled piece by piece': {
    bare: true,
    async run(world) {
      const { api, pool } = world.shop;
      const { orderId } = await placed(world, 'pm_card_visa', { cheap: 3, scarce: 1 });
      // As a discount of the order would divide its total among the lines.
      await pool.query(
        `update orders set lines = jsonb_set(jsonb_set(lines, '{0,total}', '3001'), '{1,total}', '2499') where order_id = $1`,
        [orderId],
      );
      for (const key of ['first', 'second', 'third'])
        await api.cancelOrderLines(orderId, { lines: [{ line: 1, quantity: 1 }] }, key);
      return [...(await refunds(world, orderId, [1_000, 1_000, 1_001])), ...(await world.audit())];
    },
  },
} as const satisfies Record<string, Scenario>;

type Receipt = Parameters<World['shop']['api']['receiveReturn']>[1];
type Disposition = Receipt['lines'][number]['disposition'];

const receipt = (...pieces: readonly [Disposition, number][]): Receipt => ({
  lines: pieces.map(([disposition, quantity]) => ({ line: 1, quantity, disposition })),
});
