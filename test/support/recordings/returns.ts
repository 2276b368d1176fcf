import { createReturnStore, type ReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import type { Disposition } from '../../../src/contracts/http/returns.ts';
import { refundWorkflowId, returnWorkflowId } from '../../../src/contracts/temporal/names.ts';
import type { History } from '../../../src/workers/history-json.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { ADDRESS, deliver } from '../shipped-orders.ts';
import type { RecordedRun, RecordingStage } from './stage.ts';
import { ended, parks, resolveStep, type Recording } from './steps.ts';

const DAY_MS = 86_400_000;

/** Recordings of returns. */
export const RETURN_RECORDINGS: Readonly<Record<string, Recording>> = {
  return_received_in_parts: async (stage) => {
    const goods = await open(stage, 2);
    await goods.changed();
    await goods.until((work) => work.label === 'bought');
    await goods.receive(1, 'restocked');
    await goods.until((work) => work.refunds[0]?.status === 'settled');
    await goods.receive(1, 'missing');
    return goods.completed();
  },

  return_declined: async (stage) => {
    const goods = await requestReturn(stage, 1);
    await goods.store.decide({ returnId: goods.returnId, action: 'decline' });
    await goods.changed();
    return goods.completed();
  },

  return_exchanged: async (stage) => {
    const goods = await open(stage, 1, { exchange: true, label: false });
    await goods.receive(1, 'not_restocked');
    return goods.completed();
  },

  return_without_label_refunded_by_hand: async (stage) => {
    const goods = await open(stage, 1, { method: 'pm_sandbox_refund_fails' });
    await stage.shop.pool.query('update locations set address = null');
    await goods.changed();
    await parks(stage, goods.orderId);
    await resolveStep(goods.run, 'buyReturnLabel', 'skip');
    await goods.until((work) => work.label === 'skipped');
    await goods.receive(1, 'restocked');
    await parks(stage, goods.orderId);
    const { refunds } = await goods.store.work(goods.returnId);
    await resolveStep(stage.run(refundWorkflowId(refunds[0]?.refundId ?? '')), 'refundPayment', 'resolve');
    return goods.completed();
  },
};

interface Goods {
  returnId: string;
  orderId: string;
  store: ReturnStore;
  run: RecordedRun;
  changed: () => Promise<void>;
  receive: (quantity: number, disposition: Disposition) => Promise<void>;
  until: (check: (work: Awaited<ReturnType<ReturnStore['work']>>) => boolean) => Promise<void>;
  completed: () => Promise<History>;
}

interface Wanted {
  method?: string;
  exchange?: boolean;
  label?: boolean;
}

/** A requested return of a delivered order. */
export async function requestReturn(
  stage: RecordingStage,
  quantity: number,
  { method = 'pm_card_visa', exchange = false }: Wanted = {},
): Promise<Goods> {
  const sku = await stage.shop.item(100);
  const placed = await stage.place({
    lines: [{ sku, quantity }],
    payment: { method },
    shipping: ADDRESS,
  });
  await ended(placed, 'paid');
  const { orderId } = placed.order;
  await deliver(stage.shop, orderId, [{ line: 1, quantity }]);
  const store = createReturnStore(stage.shop.pool);
  const returnId = `ret_${orderId.slice(4)}`;
  await store.request({
    ...{ returnId, orderId, windowMs: DAY_MS, requestHash: 'a'.repeat(64) },
    lines: [{ line: 1, quantity }],
    ...(exchange && { exchange: [{ sku, quantity: 1 }] }),
  });
  const run = stage.run(returnWorkflowId(orderId, 1));
  const changed = () => stage.changeReturn({ returnId, orderId, number: 1 });
  let receipts = 0;
  return {
    ...{ returnId, orderId, store, run, changed },
    async receive(pieces, disposition) {
      receipts += 1;
      const receiptId = `receipt-${receipts}`;
      await store.receive({
        ...{ returnId, receiptId, refundId: `${orderId}/refund/${receiptId}` },
        lines: [{ line: 1, quantity: pieces, disposition }],
      });
      await changed();
    },
    until: (check) =>
      waitUntilPasses(async () => {
        if (!check(await store.work(returnId))) throw new Error(`Return ${returnId} is not as it should be.`);
      }, 60_000),
    async completed() {
      await run.handle.result();
      return run.history();
    },
  };
}

async function open(stage: RecordingStage, quantity: number, wanted: Wanted = {}): Promise<Goods> {
  await stage.shop.pool.query('update locations set address = $1', [JSON.stringify(ADDRESS)]);
  const goods = await requestReturn(stage, quantity, wanted);
  await goods.store.decide({ returnId: goods.returnId, action: 'open', label: wanted.label ?? true });
  return goods;
}
