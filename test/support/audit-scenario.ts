import assert from 'node:assert/strict';
import { type AuditParts, createAuditActivities } from '../../src/activities/audit.ts';
import { createAuditLog } from '../../src/adapters/postgres/audit/audit-log.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import { createProviderRecords } from '../../src/adapters/stripe/provider-records.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import type { LabelRecords } from '../../src/contracts/ports/audit-sources.ts';
import type { CheckoutOrder, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { AuditDifference, AuditReport } from '../../src/contracts/http/audit.ts';
import type { OrderWorkflow, WorkflowLister } from '../../src/contracts/ports/audit-sources.ts';
import type { MailKind } from '../../src/contracts/http/mail.ts';
import { checkoutWorkflowId, kindOfWorkflow } from '../../src/contracts/temporal/names.ts';
import { runActivity } from './activity-runs.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from './postgres.ts';
import { openProvider, type Provider } from './provider.ts';

/** A database with the sandbox as the payment provider, and a list of workflows instead of Temporal. */
export interface AuditScenario {
  shop: Shop;
  provider: Provider;
  workflows: OrderWorkflow[];
  /** What its activities compare. */
  parts: AuditParts;
  /** The SKU of an item with enough on hand. */
  sku: string;
  /** Creates a reserved order, by default of one piece at 10.00 EUR. */
  reserved(changes?: Partial<OrderRequest>): Promise<CheckoutOrder>;
  /** Creates a paid order whose mails were sent and whose workflow has closed. */
  paid(charge?: Charging): Promise<PaidOrder>;
  /** Creates an order whose payment was declined. */
  failed(): Promise<CheckoutOrder>;
  /** Refunds a paid order at the provider and in the ledger. Returns the refund id. */
  refunded(order: PaidOrder, amount: number): Promise<string>;
  mailed(orderId: string, kinds: MailKind[], part?: number): Promise<void>;
  /** Lists a workflow of the order, by default a running checkout. */
  runs(workflow: Partial<OrderWorkflow> & { orderId: string }): void;
  /** Changes records as our own code would not. */
  sql(text: string, values?: unknown[]): Promise<void>;
  /** The same where a trigger refuses it. */
  repair(text: string, values?: unknown[]): Promise<void>;
  audit(since?: string, auditId?: string, pausesMs?: number[]): Promise<AuditReport>;
  /** Asserts that the audit finds one violation of each of these rules and no other. Returns the differences in this order. */
  finds(...rules: string[]): Promise<AuditDifference[]>;
  close(): Promise<void>;
}

export interface Charging {
  capture?: 'later';
  order?: Partial<OrderRequest>;
}

export interface PaidOrder extends CheckoutOrder {
  paymentIntentId: string;
}

/** @param labelsOf the carrier's records of labels; by default the shop buys none */
export async function openAuditScenario(
  labelsOf?: (provider: Provider) => LabelRecords,
): Promise<AuditScenario> {
  const shop = await openShop();
  const provider = await openProvider();
  const labels = labelsOf?.(provider);
  const sku = await shop.item(1_000);
  const workflows: OrderWorkflow[] = [];
  const lister: WorkflowLister = {
    running: () => pageOf(workflows.filter(({ running }) => running)),
    async *closedCheckouts() {
      const records = workflows.filter(({ running, kind }) => !running && kind === 'checkout');
      for await (const page of pageOf(records)) yield { records: page };
    },
    isRunning: (workflowId) =>
      Promise.resolve(workflows.some((each) => each.running && each.workflowId === workflowId)),
  };
  const log = createAuditLog(shop.pool);
  const mails = createMailLog(shop.pool);
  const parts: AuditParts = {
    ...{ pool: shop.pool, log, provider: createProviderRecords(provider.stripe), workflows: lister },
    ...(labels && { labels }),
    windowMs: 35 * 24 * 60 * 60 * 1000,
  };
  let audits = 0;

  const scenario: AuditScenario = {
    shop,
    provider,
    workflows,
    parts,
    sku,

    async reserved(changes) {
      const order = checkoutOrder({ lines: [line(sku)], ...changes });
      await shop.ledger.reserveStock([order]);
      return order;
    },

    async paid({ capture, order: changes } = {}) {
      const order = await scenario.reserved(changes);
      const { orderId, placedAt, request } = order;
      const pieces = request.lines.reduce((sum, { quantity }) => sum + quantity, 0);
      const outcome = await provider.payments.charge({
        ...{ orderId, placedAt, attempt: 1, amount: 1_000 * pieces, currency: 'EUR', triedBefore: false },
        paymentMethod: 'pm_card_visa',
        ...(capture && { capture }),
      });
      assert.ok(outcome.status === 'succeeded' || outcome.status === 'authorized');
      const payment: PaymentRecord = { attempt: 1, ...outcome };
      await shop.ledger.confirmOrder([{ orderId, payment }]);
      await scenario.mailed(orderId, ['created', 'paid']);
      scenario.runs({ orderId, running: false });
      return { ...order, paymentIntentId: outcome.paymentIntentId };
    },

    async failed() {
      const order = await scenario.reserved();
      const { orderId } = order;
      await shop.ledger.releaseStock([
        {
          ...{ orderId, order, status: 'payment_failed', reason: 'card_declined' },
          payment: { attempt: 1, status: 'declined', declineCode: 'card_declined' },
        },
      ]);
      await scenario.mailed(orderId, ['payment_failed']);
      return order;
    },

    async refunded({ orderId }, amount) {
      const refundId = `${orderId}/refund/${++audits}`;
      const [begun] = await shop.ledger.beginRefund([{ refundId, orderId, amount, requestHash: 'x' }]);
      assert.ok(begun?.outcome === 'booked');
      const { paymentIntentId, number } = begun;
      await provider.payments.refund({ orderId, paymentIntentId, amount, refundId });
      await shop.ledger.finishRefund([{ orderId, refundId, status: 'succeeded' }]);
      await scenario.mailed(orderId, ['refunded'], number);
      return refundId;
    },

    async mailed(orderId, kinds, part = 1) {
      const wanted = kinds.map((kind) => ({
        orderId,
        kind,
        part,
        messageId: `<${orderId}.${kind}.${part}@shop>`,
      }));
      await mails.claim(wanted, { id: 'attempt', ms: 60_000 });
      await mails.markSent(wanted.map(({ messageId }) => messageId));
    },

    runs({ orderId, workflowId = checkoutWorkflowId(orderId), ...more }) {
      workflows.push({
        workflowId,
        orderId,
        kind: kindOfWorkflow(workflowId),
        running: true,
        startedAt: new Date().toISOString(),
        ...more,
      });
    },

    async sql(text, values) {
      await shop.pool.query(text, values);
    },

    async repair(text, values) {
      const client = await shop.pool.connect();
      try {
        await client.query(`set checkout.repair = 'on'`);
        await client.query(text, values);
      } finally {
        client.release(true);
      }
    },

    async audit(since, auditId = `test-${++audits}`, pausesMs = [5, 5]) {
      const activities = createAuditActivities(parts, pausesMs);
      await runActivity(activities, 'runAudit', [{ auditId, ...(since !== undefined && { since }) }]);
      const view = await log.find(auditId);
      assert.equal(view?.state, 'done');
      return view as AuditReport;
    },

    async finds(...rules) {
      const { differences, differenceCount, clean } = await scenario.audit();
      assert.deepEqual(
        differences.map(({ rule }) => rule).sort(),
        [...rules].sort(),
        JSON.stringify(differences, null, 1),
      );
      assert.deepEqual([differenceCount, clean], [rules.length, rules.length === 0]);
      return rules.map((rule) => {
        const found = differences.find((difference) => difference.rule === rule);
        assert.ok(found);
        return found;
      });
    },

    async close() {
      await provider.close();
      await shop.close();
    },
  };
  return scenario;
}

async function* pageOf<T>(items: T[]): AsyncIterable<T[]> {
  await Promise.resolve();
  yield items;
}
