import type { PoolClient, QueryConfig } from 'pg';
import type {
  OrderWorkflow,
  ProviderPayment,
  ProviderRefund,
} from '../../../contracts/ports/audit-sources.ts';
import { type AuditCounts, type AuditDifference, MAX_DIFFERENCES } from '../../../contracts/http/audit.ts';
import type { Pool } from '../pool.ts';
import { AUDIT_RULES } from './rules.ts';

/** What the provider and Temporal say is laid beside our tables, and compared there in one query a rule. */
export interface AuditSession {
  /** How many of each there are in the orders that are looked at. */
  count(): Promise<Partial<AuditCounts>>;
  addPayments(payments: ProviderPayment[]): Promise<void>;
  addRefunds(refunds: ProviderRefund[]): Promise<void>;
  addWorkflows(workflows: OrderWorkflow[]): Promise<void>;
  /** Where things stand now: a thousand differences of each rule, and how many more there are. */
  compare(): Promise<{ found: AuditDifference[]; more: number }>;
  /** From now on only these orders are looked at. */
  narrowTo(orderIds: string[]): Promise<void>;
  /** The payments of the orders that are looked at, whoever knows of them. */
  paymentsInQuestion(): Promise<string[]>;
  /** Forgets what was said of these payments and their refunds, and of running workflows. */
  forget(paymentIntentIds: string[]): Promise<void>;
  close(): void;
}

/** A rule is one pass over the tables, which takes longer than what orders wait for. Milliseconds. */
const STATEMENT_MS = 300_000;

/** Each rule reads whole tables once: memory helps it, and compiling it would take longer than it runs. */
const SETTINGS = [
  ['statement_timeout', String(STATEMENT_MS)],
  ['work_mem', '64MB'],
  ['jit', 'off'],
];

/** Payments and refunds of others in the same account are none of ours. */
const OUR_ORDER = '^ord_[0-9a-z]{32}$';

const TABLES = [
  `create temp table audit_window (since timestamptz not null, now timestamptz not null default clock_timestamp())`,
  `create temp table audit_scope (order_id text primary key)`,
  `create temp table audit_payments (
     payment_intent_id text primary key, order_id text, status text not null, currency text not null,
     received bigint not null, capturable bigint not null, refunded bigint not null default 0)`,
  `create temp table audit_refunds (
     provider_refund_id text primary key, payment_intent_id text, order_id text, refund_id text, amount bigint not null)`,
  `create temp table audit_workflows (
     workflow_id text not null, order_id text not null, story boolean not null, running boolean not null,
     started_at timestamptz not null)`,
  `create index on audit_workflows (order_id)`,
  `create index on audit_workflows (workflow_id)`,
  `create index on audit_payments (order_id)`,
  `create index on audit_refunds (payment_intent_id)`,
  `create index on audit_refunds (refund_id)`,
];

const COUNT = `
  select (select count(*) from audit_scope) as orders,
         (select count(*) from payments join audit_scope using (order_id)) as payments,
         (select count(*) from refunds join audit_scope using (order_id)) as refunds,
         (select count(*) from captures join audit_scope using (order_id)) as captures,
         (select count(*) from reservations join audit_scope using (order_id)) as reservations,
         (select count(*) from stock_items) as items,
         (select count(*) from mails join audit_scope using (order_id)) as mails,
         (select count(*) from order_events join audit_scope using (order_id)) as events,
         (select count(*) from audit_payments) as "providerPayments",
         (select count(*) from audit_refunds) as "providerRefunds",
         (select count(distinct workflow_id) from audit_workflows where running) as "runningWorkflows",
         (select count(distinct workflow_id) from audit_workflows where not running) as "closedWorkflows"`;

/**
 * Begins to look at the orders placed since then (every order, without), and at those of before that are not decided. It
 * has a connection of its own, which ends with it.
 */
export async function openAuditSession(pool: Pool, since?: Date): Promise<AuditSession> {
  const client = await pool.connect();
  try {
    for (const [name, value] of SETTINGS)
      await run(client, 'select set_config($1, $2, false)', [name, value]);
    for (const statement of TABLES) await run(client, statement);
    await run(client, 'insert into audit_window (since) values ($1)', [since?.toISOString() ?? '-infinity']);
    await run(
      client,
      `insert into audit_scope select order_id from orders, audit_window
        where created_at >= audit_window.since or outcome_at is null`,
    );
    await run(client, 'analyze audit_scope');
  } catch (error) {
    client.release(true);
    throw error;
  }
  return sessionOn(client);
}

function sessionOn(client: PoolClient): AuditSession {
  const insert = (text: string, rows: object[]): Promise<unknown> =>
    rows.length === 0 ? Promise.resolve() : run(client, text, [JSON.stringify(rows)]);

  return {
    async count() {
      const [counts] = await run<Partial<AuditCounts>>(client, COUNT);
      return counts ?? {};
    },

    addPayments: async (payments) => {
      await insert(
        `insert into audit_payments (payment_intent_id, order_id, status, currency, received, capturable)
         select "paymentIntentId", "orderId", status, currency, received, capturable
           from jsonb_to_recordset($1::jsonb) as x("paymentIntentId" text, "orderId" text, status text, currency text,
                                                   received bigint, capturable bigint)
          where "orderId" ~ '${OUR_ORDER}'
             or exists (select from payments p where p.payment_intent_id = "paymentIntentId")
         on conflict do nothing`,
        payments,
      );
    },

    addRefunds: async (refunds) => {
      await insert(
        `insert into audit_refunds (provider_refund_id, payment_intent_id, order_id, refund_id, amount)
         select "providerRefundId", "paymentIntentId", "orderId", "refundId", amount
           from jsonb_to_recordset($1::jsonb) as x("providerRefundId" text, "paymentIntentId" text, "orderId" text,
                                                   "refundId" text, amount bigint)
          where "orderId" ~ '${OUR_ORDER}'
             or exists (select from payments p where p.payment_intent_id = "paymentIntentId")
             or exists (select from audit_payments a where a.payment_intent_id = "paymentIntentId")
         on conflict do nothing`,
        refunds,
      );
    },

    addWorkflows: async (workflows) => {
      await insert(
        `insert into audit_workflows (workflow_id, order_id, story, running, started_at)
         select "workflowId", "orderId", story, running, "startedAt"
           from jsonb_to_recordset($1::jsonb) as x("workflowId" text, "orderId" text, story boolean, running boolean,
                                                   "startedAt" timestamptz)`,
        workflows,
      );
    },

    async compare() {
      await run(
        client,
        `update audit_payments p set refunded = r.amount
           from (select payment_intent_id, sum(amount) as amount from audit_refunds group by payment_intent_id) r
          where p.payment_intent_id = r.payment_intent_id and p.refunded <> r.amount`,
      );
      for (const table of ['audit_scope', 'audit_payments', 'audit_refunds', 'audit_workflows'])
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
      await run(client, 'delete from audit_workflows where order_id not in (select unnest($1::text[]))', [
        orderIds,
      ]);
    },

    async paymentsInQuestion() {
      const rows = await run<{ id: string }>(
        client,
        `select payment_intent_id as id from audit_payments
         union select payment_intent_id from payments join audit_scope using (order_id)
                where payment_intent_id is not null`,
      );
      return rows.map(({ id }) => id);
    },

    async forget(paymentIntentIds) {
      for (const table of ['audit_payments', 'audit_refunds'])
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
  const query: QueryConfig & { query_timeout: number } = { text, values, query_timeout: STATEMENT_MS };
  const { rows } = await client.query<T>(query);
  return rows;
}
