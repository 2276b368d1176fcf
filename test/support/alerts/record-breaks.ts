import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import pg from 'pg';
import { COMMANDS_CHANNEL } from '../../../src/contracts/messages.ts';
import { CHECKOUT_WORKFLOW, TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';
import type { OrderRequest, OrderView } from '../../../src/contracts/http/order.ts';
import { line, orderRequest } from '../../../harness/orders.ts';
import { waitFor, waitUntilPasses } from '../../../harness/wait-for.ts';
import { REVIEW_ABOVE } from '../../../proof/system/shop.ts';
import type { Break } from './break.ts';
import { MAX_CONNECTIONS, type Site } from './site.ts';

/** Places an order, and waits until the API knows what becomes of it. */
const place = ({ shop }: Site, changes: Partial<OrderRequest>, waitSeconds = 20): Promise<OrderView> =>
  shop.api.placeOrder(orderRequest({ lines: [line('item-1')], ...changes }), {
    key: randomUUID(),
    waitSeconds,
  });

export const oversold: Break = {
  name: 'a count of the warehouse is below what orders hold',
  alerts: ['CheckoutOversold'],
  async begin(site) {
    const item = { title: 'Short', unitPrice: 1_000, currency: 'EUR' };
    const { api } = site.shop;
    await api.putStock('short-1', { ...item, onHand: 100 });
    const { orderId } = await placeForReview(site, 'short-1');
    await api.putStock('short-1', { ...item, onHand: 1 });
    return async () => {
      await api.putStock('short-1', { ...item, onHand: 200 });
      await api.reviewOrder(orderId, { decision: 'reject', note: 'the test is over' });
    };
  },
};

export const brakeOn: Break = {
  name: 'an item is paused, and nobody resumes it',
  alerts: ['CheckoutBrakeOn'],
  async begin({ shop: { api } }) {
    await api.putStock('paused-1', { title: 'Paused', unitPrice: 1_000, currency: 'EUR', onHand: 1 });
    const { brakeId } = await api.setBrake({ kind: 'sku', target: 'paused-1', reason: 'a test' });
    return async () => {
      await api.releaseBrake(brakeId, { reason: 'the test is over' });
    };
  },
};

async function placeForReview(site: Site, sku: string): Promise<OrderView> {
  const order = await place(site, { lines: [line(sku, REVIEW_ABOVE + 1)] }, 0);
  await waitFor('the order is in review', async () => {
    return (await site.shop.api.getOrder(order.orderId)).status === 'in_review';
  });
  return order;
}

export const parkedStep: Break = {
  name: 'a refund fails until somebody heals it',
  alerts: ['CheckoutParkedSteps'],
  async begin(site) {
    const { api, provider } = site.shop;
    const { orderId } = await place(site, { payment: { method: 'pm_sandbox_refund_fails' } });
    // It answers when the refund has failed a few times.
    const refund = api.refundOrder(orderId, { amount: 100 }, randomUUID());
    return async () => {
      await refund;
      await provider.control('/refunds/heal');
      await repair(site, orderId);
    };
  },
};

/** Repairs the parked step of an order. */
const repair = ({ shop: { api } }: Site, orderId: string): Promise<void> =>
  waitUntilPasses(async () => {
    const { attention } = await api.getOrder(orderId);
    if (attention === null) return;
    await api.resolveAttention(orderId, { action: 'retry', note: 'the test is over' });
    throw new Error(`${orderId} needs attention: ${attention.reason}`);
  }, 60_000);

export const lostOrder: Break = {
  name: 'the workflow of an order is gone, again and again',
  alerts: ['CheckoutLostOrders'],
  async begin(site) {
    const { api, pool, temporal } = site.shop;
    const { orderId } = await placeForReview(site, 'item-1');
    // As after four restarts within the hour, which take minutes.
    const { rows } = await pool.query<{ workflow_id: string }>(
      'update order_claims set restarts = 4, restarted_at = clock_timestamp() where order_id = $1 returning workflow_id',
      [orderId],
    );
    await temporal.workflow.getHandle(rows[0]?.workflow_id ?? '').terminate('a break of the test');
    return async () => {
      await repair(site, orderId);
      await api.reviewOrder(orderId, { decision: 'reject', note: 'the test is over' });
    };
  },
};

/** How often another one is started, since Temporal repeats a failed task more and more slowly. Milliseconds. */
const FAILING_INTERVAL_MS = 3_000;

export const failingWorkflows: Break = {
  name: 'workflows fail in their code',
  alerts: ['CheckoutWorkflowTaskFailures'],
  async begin({ shop: { temporal } }) {
    const handles: { terminate(): Promise<unknown> }[] = [];
    const start = async () => {
      // A workflow without an input fails as one with a fault in its code does.
      const options = { workflowId: `failing/${randomUUID()}`, taskQueue: TASK_QUEUES.checkout };
      handles.push(await temporal.workflow.start(CHECKOUT_WORKFLOW, options));
    };
    await start();
    const timer = setInterval(() => {
      start().catch(() => undefined);
    }, FAILING_INTERVAL_MS);
    return async () => {
      clearInterval(timer);
      await Promise.all(handles.map((handle) => handle.terminate()));
    };
  },
};

export const dispute: Break = {
  name: 'a customer disputes a payment',
  alerts: ['CheckoutDisputes'],
  async begin(site) {
    const { api, provider } = site.shop;
    await place(site, { payment: { method: 'pm_card_createDispute' } });
    return async () => {
      const { data } = await api.listDisputes({ limit: 10 });
      for (const { disputeId } of data) await provider.control(`/disputes/${disputeId}/win`);
    };
  },
};

export const deadLetter: Break = {
  name: 'a message cannot be read',
  alerts: ['CheckoutDeadLetters'],
  async begin({ shop: { api }, rabbitMq }) {
    const connection = await connect(rabbitMq.url);
    const channel = await connection.createConfirmChannel();
    channel.sendToQueue(COMMANDS_CHANNEL, Buffer.from('{'), { messageId: randomUUID() });
    await channel.waitForConfirms();
    await connection.close();
    const find = async () => (await api.listDeadLetters({ limit: 10 })).data;
    await waitFor('the message is a dead letter', async () => (await find()).length > 0);
    return async () => {
      for (const { deadLetterId } of await find())
        await api.discardDeadLetter(deadLetterId, { note: 'the test is over' });
    };
  },
};

export const openTransaction: Break = {
  name: 'a transaction that writes stays open',
  alerts: ['CheckoutFeedTransaction'],
  async begin({ shop: { databaseUrl } }) {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('begin');
    await client.query('select pg_current_xact_id()');
    return async () => {
      await client.query('rollback');
      await client.end();
    };
  },
};

export const manyConnections: Break = {
  name: 'others use nearly all connections of PostgreSQL',
  alerts: ['CheckoutPostgresConnections'],
  async begin({ shop: { databaseUrl, pool } }) {
    const { rows } = await pool.query<{ used: number }>(
      "select count(*)::int as used from pg_stat_activity where backend_type = 'client backend'",
    );
    const missing = Math.ceil(MAX_CONNECTIONS * 0.9) - (rows[0]?.used ?? 0);
    const clients = Array.from({ length: missing }, () => new pg.Client({ connectionString: databaseUrl }));
    for (const client of clients) await client.connect();
    return () => Promise.all(clients.map((client) => client.end()));
  },
};

/** Runs an audit, and waits for its end: it needs the provider, which the next break may take away. */
async function audit({ shop: { api } }: Site): Promise<void> {
  const { auditId } = await api.startAudit();
  await waitFor(
    'the audit is completed',
    async () => (await api.getAudit(auditId)).state === 'done',
    AUDIT_LIMIT_MS,
  );
}

/** With other work on the machine. Milliseconds. */
const AUDIT_LIMIT_MS = 120_000;

export const auditDifference: Break = {
  name: 'somebody changes a stock level by hand',
  alerts: ['CheckoutAuditDifferences'],
  async begin(site) {
    const { pool } = site.shop;
    const change = (by: number) =>
      pool.query("update stock_levels set unavailable = unavailable + $1 where sku = 'rare-1'", [by]);
    await change(1);
    await audit(site);
    return async () => {
      await change(-1);
      await audit(site);
    };
  },
};

export const oldAudit: Break = {
  name: 'the last audit is two days old',
  alerts: ['CheckoutAuditLate'],
  async begin(site) {
    await audit(site);
    await site.shop.pool.query("update audits set finished_at = finished_at - interval '2 days'");
    return () => audit(site);
  },
};
