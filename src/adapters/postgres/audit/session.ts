import type { PoolClient, QueryConfig } from 'pg';
import { type AuditCounts, type AuditDifference, MAX_DIFFERENCES } from '../../../contracts/http/audit.ts';
import type {
  DisputeRecord,
  OrderWorkflow,
  ProviderPayment,
  ProviderRefund,
} from '../../../contracts/ports/audit-sources.ts';
import type { CarrierShipment } from '../../../contracts/ports/carrier.ts';
import type { Pool } from '../pool.ts';
import {
  ADD_DISPUTES,
  ADD_LABELS,
  ADD_PAYMENTS,
  ADD_REFUNDS,
  ADD_WORKFLOWS,
  COUNT,
  CREATE_TABLES,
  FILL_SCOPE,
  LABELS_SINCE,
  LIST_LABEL_IDS,
  LIST_PAYMENT_IDS,
  SUM_REFUNDS,
} from './comparison-tables.ts';
import { AUDIT_RULES } from './rules.ts';

/**
 * A PostgreSQL session with temporary tables for what the payment provider, the carrier and Temporal say. Each rule compares them with our own
 * tables in one query.
 */
export interface AuditSession {
  /** Returns how many records of each kind belong to the orders in scope. */
  count(): Promise<Partial<AuditCounts>>;
  addPayments(payments: ProviderPayment[]): Promise<void>;
  addRefunds(refunds: ProviderRefund[]): Promise<void>;
  addDisputes(disputes: DisputeRecord[]): Promise<void>;
  addLabels(labels: CarrierShipment[]): Promise<void>;
  addWorkflows(workflows: OrderWorkflow[]): Promise<void>;
  /** Returns since when the carrier may have labels of the orders in scope; undefined: it cannot have any. */
  labelsSince(): Promise<Date | undefined>;
  /** Runs every rule. Returns up to a thousand differences of each rule, and how many more there are in total. */
  compare(): Promise<{ found: AuditDifference[]; more: number }>;
  /** Limits the scope to these orders. */
  narrowTo(orderIds: string[]): Promise<void>;
  /** Returns the ids of the payments of the orders in scope, whether we or the provider know of them. */
  listPaymentIds(): Promise<string[]>;
  /** Returns the carrier's ids of the labels of the orders in scope, whether we or the carrier know of them. */
  listLabelIds(): Promise<string[]>;
  /** Removes these payments, their refunds and disputes, these labels, and all running workflows from the temporary tables. */
  discard(paymentIntentIds: string[], labelIds: string[]): Promise<void>;
  close(): void;
}

/** A rule reads whole tables, which takes longer than the pool's timeouts for orders allow. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** Each rule reads whole tables once: more memory speeds it up, and JIT compilation would take longer than the query. */
const SETTINGS = [
  ['statement_timeout', String(STATEMENT_TIMEOUT_MS)],
  ['work_mem', '64MB'],
  ['jit', 'off'],
];

/**
 * Opens a session on a connection of its own, which is closed with it. The scope is the orders placed since then (every order, without
 * `since`), and older ones that have no outcome yet.
 *
 * @param comparesLabels whether the carrier's labels will be added; false: the shop buys none, and none are missing
 */
export async function openAuditSession(
  pool: Pool,
  since?: Date,
  comparesLabels = false,
): Promise<AuditSession> {
  const client = await pool.connect();
  try {
    for (const [name, value] of SETTINGS)
      await run(client, 'select set_config($1, $2, false)', [name, value]);
    for (const statement of CREATE_TABLES) await run(client, statement);
    await run(client, 'insert into audit_window (since, compares_labels) values ($1, $2)', [
      since?.toISOString() ?? '-infinity',
      comparesLabels,
    ]);
    await run(client, FILL_SCOPE);
    await run(client, 'analyze audit_scope');
  } catch (error) {
    client.release(true);
    throw error;
  }
  return createSession(client);
}

function createSession(client: PoolClient): AuditSession {
  const insert = async (text: string, rows: object[]): Promise<void> => {
    if (rows.length > 0) await run(client, text, [JSON.stringify(rows)]);
  };

  return {
    async count() {
      const [counts] = await run<Partial<AuditCounts>>(client, COUNT);
      return counts ?? {};
    },

    addPayments: (payments) => insert(ADD_PAYMENTS, payments),
    addRefunds: (refunds) => insert(ADD_REFUNDS, refunds),
    addDisputes: (disputes) => insert(ADD_DISPUTES, disputes),
    addLabels: (labels) => insert(ADD_LABELS, labels),
    addWorkflows: (workflows) => insert(ADD_WORKFLOWS, workflows),

    async labelsSince() {
      const [first] = await run<{ since: Date | null }>(client, LABELS_SINCE);
      return first?.since ?? undefined;
    },

    async compare() {
      await run(client, SUM_REFUNDS);
      for (const table of [
        'audit_scope',
        'audit_payments',
        'audit_refunds',
        'audit_disputes',
        'audit_labels',
        'audit_workflows',
      ])
        await run(client, `analyze ${table}`);
      const found: AuditDifference[] = [];
      let more = 0;
      for (const { code, whatToDo, sql } of AUDIT_RULES) {
        const rows = await run<FoundRow>(
          client,
          `with found as (${sql})
           select order_id, ids, detail, count(*) over () as total from found order by order_id limit ${MAX_DIFFERENCES}`,
        );
        more += (rows[0]?.total ?? 0) - rows.length;
        for (const { order_id: orderId, ids, detail } of rows)
          found.push({ rule: code, ...(orderId !== null && { orderId }), ids, detail, whatToDo });
      }
      return { found, more };
    },

    async narrowTo(orderIds) {
      await run(client, 'delete from audit_scope where order_id not in (select unnest($1::text[]))', [
        orderIds,
      ]);
      for (const table of ['audit_payments', 'audit_refunds'])
        await run(
          client,
          `delete from ${table} a where not coalesce(a.order_id = any($1::text[]), false)
             and not exists (select from payments p
                              where p.payment_intent_id = a.payment_intent_id and p.order_id = any($1::text[]))`,
          [orderIds],
        );
      await run(
        client,
        `delete from audit_disputes a
          where not exists (select from payments p
                             where p.payment_intent_id = a.payment_intent_id and p.order_id = any($1::text[]))`,
        [orderIds],
      );
      await run(client, 'delete from audit_workflows where order_id not in (select unnest($1::text[]))', [
        orderIds,
      ]);
      await run(
        client,
        `delete from audit_labels a
          where not exists (select from shipments s where s.carrier_shipment_id = a.carrier_shipment_id and s.order_id = any($1::text[]))
            and not exists (select from returns r where r.order_id = any($1::text[])
                                                    and (r.carrier_shipment_id = a.carrier_shipment_id or r.return_id = a.reference))
            and not exists (select from unnest($1::text[]) id where substr(a.reference, 5, 32) = substr(id, 5))`,
        [orderIds],
      );
    },

    async listPaymentIds() {
      const rows = await run<{ id: string }>(client, LIST_PAYMENT_IDS);
      return rows.map(({ id }) => id);
    },

    async listLabelIds() {
      const rows = await run<{ id: string }>(client, LIST_LABEL_IDS);
      return rows.map(({ id }) => id);
    },

    async discard(paymentIntentIds, labelIds) {
      await run(client, 'delete from audit_labels where carrier_shipment_id = any($1::text[])', [labelIds]);
      for (const table of ['audit_payments', 'audit_refunds', 'audit_disputes'])
        await run(client, `delete from ${table} where payment_intent_id = any($1::text[])`, [
          paymentIntentIds,
        ]);
      await run(client, 'delete from audit_workflows where running');
    },

    close() {
      client.release(true);
    },
  };
}

interface FoundRow {
  order_id: string | null;
  ids: Record<string, string>;
  detail: string;
  total: number;
}

async function run<T extends object>(client: PoolClient, text: string, values: unknown[] = []): Promise<T[]> {
  const query: QueryConfig & { query_timeout: number } = {
    text,
    values,
    query_timeout: STATEMENT_TIMEOUT_MS,
  };
  const { rows } = await client.query<T>(query);
  return rows;
}
