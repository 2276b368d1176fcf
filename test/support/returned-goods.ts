import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { MailRequest } from '../../src/contracts/http/mail.ts';
import { CHANGED_SIGNAL } from '../../src/contracts/temporal/messages.ts';
import { RETURN_WORKFLOW, returnWorkflowId, TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import type { RefundCommand } from '../../src/contracts/temporal/operations.ts';
import type { ReturnResult, ReturnWork } from '../../src/contracts/temporal/returns.ts';
import { openTimeSkippingServer } from './time-skipping.ts';

/** What PostgreSQL says of a return, and what its activities were called with. */
export class ReturnedGoods {
  readonly returnId = `ret_${randomUUID().replaceAll('-', '')}`;
  readonly orderId = `ord_${randomUUID().replaceAll('-', '')}`;
  work: Omit<ReturnWork, 'returnId' | 'orderId' | 'number'> = {
    status: 'requested',
    label: 'none',
    exchange: 'none',
    received: false,
    complete: false,
    refunds: [],
  };
  readonly calls: string[] = [];
  readonly mails: string[] = [];
  readonly parked: { step: string; reason: string }[] = [];
  readonly refunds: RefundCommand[] = [];
  reads = 0;
  /** What an activity does beside its effect, for example fail. */
  readonly does: Partial<Record<string, () => Promise<void> | void>> = {};

  change(changes: Partial<ReturnedGoods['work']>): void {
    this.work = { ...this.work, ...changes };
  }

  settleRefund(refundId: string): void {
    this.change({
      refunds: this.work.refunds.map((each) =>
        each.refundId === refundId ? { ...each, status: 'settled' as const } : each,
      ),
    });
  }
}

export interface ReturnStage {
  start(goods: ReturnedGoods): Promise<WorkflowHandle>;
  changed(goods: ReturnedGoods): Promise<void>;
  /** Makes the history of the run too long, and waits for the next run. */
  continuesAsNew(goods: ReturnedGoods): Promise<void>;
  result(goods: ReturnedGoods): Promise<ReturnResult>;
  /** Lets this much time pass. */
  sleep(ms: number): Promise<void>;
  client: Client;
  close(): Promise<void>;
}

/** The workflow of returns on Temporal's time-skipping server, with activities that follow {@link ReturnedGoods}. */
export async function openReturnStage(): Promise<ReturnStage> {
  const known = new Map<string, ReturnedGoods>();
  const goodsOf = (items: { orderId: string }[]): ReturnedGoods => {
    const goods = known.get(items[0]?.orderId ?? '');
    if (!goods) throw new Error('This return was not started by the test.');
    return goods;
  };
  const acting =
    (name: string, effect: (goods: ReturnedGoods) => void = () => undefined) =>
    async (items: { orderId: string }[]) => {
      const goods = goodsOf(items);
      goods.calls.push(name);
      await goods.does[name]?.();
      effect(goods);
    };
  const activities = {
    readReturnWork: (items: { orderId: string }[]) => {
      const { returnId, orderId, work, ...goods } = goodsOf(items);
      goodsOf(items).reads = goods.reads + 1;
      return Promise.resolve([{ returnId, orderId, number: 2, ...work } satisfies ReturnWork]);
    },
    closeReturn: acting('closeReturn', (goods) => {
      goods.change({ status: 'closed' });
    }),
    skipReturnLabel: acting('skipReturnLabel', (goods) => {
      goods.change({ label: 'skipped' });
    }),
    skipExchange: acting('skipExchange', (goods) => {
      goods.change({ exchange: 'skipped' });
    }),
    buyReturnLabel: acting('buyReturnLabel', (goods) => {
      goods.change({ label: 'bought' });
    }),
    placeExchangeOrder: acting('placeExchangeOrder', (goods) => {
      goods.change({ exchange: 'placed' });
    }),
    parkStep: (items: { orderId: string; step: string; reason: string }[]) => {
      for (const { step, reason } of items) goodsOf(items).parked.push({ step, reason });
      return Promise.resolve([]);
    },
    resolveStep: acting('resolveStep'),
    notify: async (mails: MailRequest[]) => {
      await goodsOf(mails).does['notify']?.();
      for (const { kind, part } of mails) goodsOf(mails).mails.push(`${kind} ${part ?? ''}`.trim());
      return mails.map((mail) => ({ ...mail, status: 'sent' as const }));
    },
    beginRefund: (items: RefundCommand[]) => {
      goodsOf(items).refunds.push(...items);
      return Promise.resolve(
        items.map(({ refundId, orderId, requestHash }) => ({
          ...{ refundId, orderId, requestHash, outcome: 'booked', number: 1, amount: 500 },
          ...{ paymentIntentId: 'pi_1', status: 'pending' },
        })),
      );
    },
    refundPayment: async (items: { orderId: string; amount: number }[]) => {
      await goodsOf(items).does['refundPayment']?.();
      return items.map(({ orderId, amount }) => ({ orderId, refunded: amount }));
    },
    finishRefund: (items: { orderId: string; refundId: string }[]) => {
      for (const { refundId } of items) goodsOf(items).settleRefund(refundId);
      return Promise.resolve(items.map(({ orderId }) => ({ orderId, status: 'delivered' })));
    },
  };
  const server = await openTimeSkippingServer(activities);
  const { client } = server;
  const idOf = ({ orderId }: ReturnedGoods) => returnWorkflowId(orderId, 2);
  const startOrSignal = ({ returnId, orderId }: ReturnedGoods, workflowId: string) =>
    client.workflow.signalWithStart(RETURN_WORKFLOW, {
      workflowId,
      taskQueue: TASK_QUEUES.fulfilment,
      args: [{ returnId, orderId }],
      signal: CHANGED_SIGNAL,
      signalArgs: [],
    });

  return {
    client,
    sleep: (ms) => server.sleep(ms),
    close: () => server.close(),
    async start(goods) {
      known.set(goods.orderId, goods);
      return startOrSignal(goods, idOf(goods));
    },
    async changed(goods) {
      await startOrSignal(goods, idOf(goods));
    },
    continuesAsNew: (goods) => server.continueAsNew(idOf(goods)),
    result: async (goods) => (await client.workflow.getHandle(idOf(goods)).result()) as ReturnResult,
  };
}
