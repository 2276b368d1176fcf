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
  addOrders,
  COUNT,
  LABELS_OF_ORDERS,
  LABELS_SINCE,
  LEVELS,
  OLDER_LABELS,
  OLDER_PAYMENTS,
  PAYMENTS_OF_ORDERS,
  RECENT,
  RECORDS,
  SCOPE,
  TABLES,
  UNDECIDED,
} from './comparison-tables.ts';
import type { AuditRule } from './rule.ts';
import { AUDIT_RULES } from './rules.ts';

/** What an audit compares. */
export interface Comparison {
  since: Date;
  /** Whether the carrier's labels will be added. False: the shop buys none, and none are missing. */
  comparesLabels: boolean;
  /** Whether all movements of the stock are summed, and not only those since the last checkpoint. */
  recounts: boolean;
}

/** A run of the audit's orders, by their numbers: those above `after`, up to `to`. */
export interface OrderRange {
  after: number;
  to: number;
}

/** A run of stock levels: those after `after`, up to `to`. */
export interface LevelRange {
  after: LevelKey;
  to: LevelKey;
}
type LevelKey = readonly [sku: string, location: string];
/** Before the first level. */
export const FIRST_LEVEL: LevelKey = ['', ''];

/** A difference as a rule has found it. */
export type Suspect = Omit<AuditDifference, 'whatToDo'>;

/**
 * A PostgreSQL connection with the settings of an audit. What others say of the audited orders is in tables, under the id of the audit,
 * until it has ended. Each call is one statement and may be repeated: a step that fails is tried again from where it stood.
 */
export interface AuditSession {
  /** Begins to compare under this id. Does nothing if that was done before. */
  begin(comparison: Comparison): Promise<void>;
  /** Returns what is compared; undefined if the tables have lost the records of the audit. */
  comparison(): Promise<(Comparison & { startedAt: Date }) | undefined>;
  /** Adds the orders that have no outcome, or of which something has none. */
  addUndecided(): Promise<void>;
  /** Whether more than `count` orders were placed, or events written, from `from` until before `to`. */
  hasMore(what: keyof typeof RECENT, from: Date, to: Date, count: number): Promise<boolean>;
  /** Adds the orders that were placed, or changed, from `from` until before `to`. */
  addRecent(what: keyof typeof RECENT, from: Date, to: Date): Promise<void>;
  addOrders(orderIds: string[]): Promise<void>;
  addPayments(payments: ProviderPayment[]): Promise<void>;
  addRefunds(refunds: ProviderRefund[]): Promise<void>;
  addDisputes(disputes: DisputeRecord[]): Promise<void>;
  addLabels(labels: CarrierShipment[]): Promise<void>;
  addWorkflows(workflows: OrderWorkflow[]): Promise<void>;
  /** Returns since when the carrier may have labels of the audit's time; undefined: it cannot have any. */
  labelsSince(): Promise<Date | undefined>;
  /** Returns the next `count` orders after a number; undefined after the last one. */
  nextOrders(after: number, count: number): Promise<OrderRange | undefined>;
  nextLevels(after: LevelKey, count: number): Promise<LevelRange | undefined>;
  /** Returns the payments of some orders that are older than the provider's list, or labels than the carrier's. */
  olderPayments(range: OrderRange): Promise<string[]>;
  olderLabels(range: OrderRange): Promise<string[]>;
  /** Returns how many rows our own tables have of these orders. */
  count(range: OrderRange): Promise<Partial<AuditCounts>>;
  /** Returns how many items there are, and records of others. */
  countRecords(): Promise<Partial<AuditCounts>>;
  /** Updates the statistics by which PostgreSQL plans the rules' queries. */
  analyze(): Promise<void>;
  /** Runs the rules about orders for some of them, and keeps what they find. */
  compareOrders(range: OrderRange): Promise<void>;
  /** The same about stock levels. Afterwards moves their checkpoints on. */
  compareLevels(range: LevelRange): Promise<void>;
  /** The same for the rules that are about neither. */
  compareRest(): Promise<void>;
  /** Chooses the differences that are checked again: so many of each rule. */
  chooseSuspects(perRule: number): Promise<void>;
  /** Returns the differences to check again of the next `orders` orders. Those of no order come first. */
  suspects(after: string | undefined, orders: number): Promise<Suspect[]>;
  /** Returns the ids of the orders of which a difference is to be checked again. */
  suspectedOrders(): Promise<string[]>;
  paymentsOf(orderIds: string[]): Promise<string[]>;
  labelsOf(orderIds: string[]): Promise<string[]>;
  closedWorkflowsOf(orderIds: string[]): Promise<OrderWorkflow[]>;
  /** Runs these rules for all orders of this audit and for these levels. Returns what they find, and keeps nothing. */
  find(rules: readonly string[], levels: readonly LevelKey[]): Promise<Suspect[]>;
  /** Deletes differences that were not found again, and keeps the details of those that were. */
  settleSuspects(gone: readonly Suspect[], found: readonly Suspect[]): Promise<void>;
  /** Sums the movements of these levels from the first one the next time. */
  deleteCheckpoints(levels: readonly LevelKey[]): Promise<void>;
  /** Returns how many differences there are, and a thousand of them: as many of each rule, so that none crowds out the others. */
  differences(): Promise<{ differenceCount: number; differences: AuditDifference[] }>;
  /** Deletes the orders, payments, refunds, disputes and labels of this audit. */
  clear(): Promise<void>;
  /** Deletes all that this audit has kept, and what old audits have left. */
  discard(): Promise<void>;
  close(): void;
}

/** The longest statements read a whole table once, which takes longer than the pool's timeouts for orders allow. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 1_800_000;

/** JIT compilation would take longer than the queries. */
const SETTINGS = [
  ['statement_timeout', String(STATEMENT_TIMEOUT_MS)],
  ['work_mem', '64MB'],
  ['jit', 'off'],
];

/** Opens a session on a connection of its own, which is closed with it. */
export async function openAuditSession(pool: Pool, auditId: string): Promise<AuditSession> {
  const client = await pool.connect();
  try {
    for (const [name, value] of SETTINGS)
      await run(client, 'select set_config($1, $2, false)', [name, value]);
  } catch (error) {
    client.release(true);
    throw error;
  }
  return createSession(client, auditId);
}

function createSession(client: PoolClient, auditId: string): AuditSession {
  const query = <T extends object>(text: string, ...values: unknown[]): Promise<T[]> =>
    run<T>(client, text, [auditId, ...values]);
  const add = async (text: string, rows: object[]): Promise<void> => {
    if (rows.length > 0) await query(text, JSON.stringify(rows));
  };
  const idsOf = async (text: string, ...values: unknown[]): Promise<string[]> =>
    (await query<{ id: string }>(text, ...values)).map(({ id }) => id);

  /** Runs rules, and keeps what they find. */
  async function keep(rules: readonly AuditRule[], records: string, ...values: unknown[]): Promise<void> {
    for (const rule of rules)
      await query(
        `with ${RECORDS}${records}, found as (${rule.sql})
         insert into audit_suspects (audit_id, rule, order_id, ids, detail)
         select $1, '${rule.code}', order_id, ids, detail from found on conflict do nothing`,
        ...values,
      );
  }

  async function find(
    rules: readonly AuditRule[],
    records: string,
    ...values: unknown[]
  ): Promise<Suspect[]> {
    const found: Suspect[] = [];
    for (const rule of rules)
      found.push(
        ...(
          await query<SuspectRow>(
            `with ${RECORDS}${records}, found as (${rule.sql}) select '${rule.code}' as rule, order_id, ids, detail from found`,
            ...values,
          )
        ).map(toSuspect),
      );
    return found;
  }

  return {
    async begin({ since, comparesLabels, recounts }) {
      await query(
        'insert into audit_comparisons (audit_id, since, compares_labels, recounts) values ($1, $2, $3, $4) on conflict do nothing',
        ...[since.toISOString(), comparesLabels, recounts],
      );
    },

    async comparison() {
      const [row] = await query<ComparisonRow>('select * from audit_comparisons where audit_id = $1');
      return (
        row && {
          since: row.since,
          comparesLabels: row.compares_labels,
          recounts: row.recounts,
          startedAt: row.started_at,
        }
      );
    },

    async addUndecided() {
      for (const orders of UNDECIDED)
        await query(addOrders(`select distinct order_id from (${orders}) undecided`));
    },

    async hasMore(what, from, to, count) {
      const [row] = await run<{ more: boolean }>(
        client,
        `select count(*) > $3 as more from (${RECENT[what].times} limit $3 + 1) rows`,
        [from.toISOString(), to.toISOString(), count],
      );
      return row?.more === true;
    },

    async addRecent(what, from, to) {
      await query(addOrders(RECENT[what].orders, 'since'), from.toISOString(), to.toISOString());
    },

    async addOrders(orderIds) {
      await query(addOrders('select distinct unnest($2::text[]) as order_id'), orderIds);
    },

    addPayments: (payments) => add(ADD_PAYMENTS, payments),
    addRefunds: (refunds) => add(ADD_REFUNDS, refunds),
    addDisputes: (disputes) => add(ADD_DISPUTES, disputes),
    addLabels: (labels) => add(ADD_LABELS, labels),
    addWorkflows: (workflows) => add(ADD_WORKFLOWS, workflows),

    async labelsSince() {
      const [first] = await query<{ since: Date | null }>(LABELS_SINCE);
      return first?.since ?? undefined;
    },

    async nextOrders(after, count) {
      const [last] = await query<{ to: number | null }>(
        `select max(n) as to from (select n from audit_orders where audit_id = $1 and n > $2 order by n limit $3) next`,
        ...[after, count],
      );
      const to = last?.to ?? undefined;
      return to === undefined ? undefined : { after, to };
    },

    async nextLevels(after, count) {
      const [last] = await run<{ sku: string; location_id: string }>(
        client,
        `select sku, location_id from (select sku, location_id from stock_levels where (sku, location_id) > ($1, $2)
                                        order by sku, location_id limit $3) next
          order by sku desc, location_id desc limit 1`,
        [...after, count],
      );
      return last && { after, to: [last.sku, last.location_id] };
    },

    olderPayments: ({ after, to }) => idsOf(`with ${RECORDS},${SCOPE} ${OLDER_PAYMENTS}`, after, to),
    olderLabels: ({ after, to }) => idsOf(`with ${RECORDS},${SCOPE} ${OLDER_LABELS}`, after, to),

    async count({ after, to }) {
      const [counts] = await query<Partial<AuditCounts>>(`with ${SCOPE} ${COUNT}`, after, to);
      return counts ?? {};
    },

    async countRecords() {
      const [counts] = await query<Partial<AuditCounts>>(`
        select (select count(*) from audit_orders where audit_id = $1) as orders,
               (select count(*) from stock_items) as items,
               (select count(*) from audit_provider_payments where audit_id = $1) as "providerPayments",
               (select count(*) from audit_provider_refunds where audit_id = $1) as "providerRefunds",
               (select count(*) from audit_provider_disputes where audit_id = $1) as "providerDisputes",
               (select count(*) from audit_carrier_labels where audit_id = $1) as "carrierLabels",
               (select count(distinct workflow_id) from audit_order_workflows
                 where audit_id = $1 and running) as "runningWorkflows"`);
      return counts ?? {};
    },

    async analyze() {
      for (const table of TABLES) await run(client, `analyze ${table}`);
    },

    compareOrders: ({ after, to }) => keep(rulesOf('orders'), `,${SCOPE}`, after, to),

    async compareLevels({ after, to }) {
      await keep(rulesOf('levels'), `,${LEVELS}`, ...after, ...to);
      await run(client, 'select advance_stock_checkpoints($1, $2, $3, $4)', [...after, ...to]);
    },

    compareRest: () => keep(rulesOf('audit'), ''),

    async chooseSuspects(perRule) {
      await query(
        `update audit_suspects s set rechecks = true
           from (select ctid, row_number() over (partition by rule order by order_id) as n
                   from audit_suspects where audit_id = $1) ranked
          where ranked.n <= $2 and s.ctid = ranked.ctid`,
        perRule,
      );
    },

    async suspects(after, orders) {
      const rows = await query<SuspectRow>(
        `select rule, order_id, ids, detail from audit_suspects
          where audit_id = $1 and rechecks and coalesce(order_id, '') in (
                select distinct coalesce(order_id, '') from audit_suspects
                 where audit_id = $1 and rechecks and ($2::text is null or coalesce(order_id, '') > $2) order by 1 limit $3)`,
        ...[after ?? null, orders],
      );
      return rows.map(toSuspect);
    },

    suspectedOrders: () =>
      idsOf(
        'select distinct order_id as id from audit_suspects where audit_id = $1 and rechecks and order_id is not null',
      ),

    paymentsOf: (orderIds) => idsOf(PAYMENTS_OF_ORDERS, orderIds),
    labelsOf: (orderIds) => idsOf(LABELS_OF_ORDERS, orderIds),

    async closedWorkflowsOf(orderIds) {
      return query<OrderWorkflow>(
        `select workflow_id as "workflowId", order_id as "orderId", kind, running, iso_time(started_at) as "startedAt"
           from audit_order_workflows where audit_id = $1 and not running and order_id = any($2::text[])`,
        orderIds,
      );
    },

    async find(codes, levels) {
      const wanted = (of: AuditRule['of']): AuditRule[] =>
        rulesOf(of).filter(({ code }) => codes.includes(code));
      const found = await find(wanted('orders'), `,${SCOPE}`, 0, Number.MAX_SAFE_INTEGER);
      for (const level of levels)
        found.push(
          ...(await find(
            wanted('levels'),
            `, audit_levels as not materialized (select * from stock_levels where (sku, location_id) = ($2::text, $3::text))`,
            ...level,
          )),
        );
      return [...found, ...(await find(wanted('audit'), ''))];
    },

    async settleSuspects(gone, found) {
      const theSame = `s.audit_id = $1 and s.rule = x.rule and coalesce(s.order_id, '') = coalesce(x."orderId", '') and s.ids = x.ids`;
      const given = 'jsonb_to_recordset($2::jsonb) as x(rule text, "orderId" text, ids jsonb, detail text)';
      await add(`delete from audit_suspects s using ${given} where ${theSame}`, [...gone]);
      await add(`update audit_suspects s set detail = x.detail from ${given} where ${theSame}`, [...found]);
    },

    async deleteCheckpoints(levels) {
      await run(
        client,
        `delete from stock_checkpoints where (sku, location_id) in (select * from unnest($1::text[], $2::text[]))`,
        [levels.map(([sku]) => sku), levels.map(([, location]) => location)],
      );
    },

    async differences() {
      const rows = await query<SuspectRow & { total: number }>(
        `select rule, order_id, ids, detail, count(*) over () as total
           from (select *, row_number() over (partition by rule order by not rechecks, order_id) as rank
                   from audit_suspects where audit_id = $1) ranked
          order by rank limit ${MAX_DIFFERENCES}`,
      );
      return {
        differenceCount: rows[0]?.total ?? 0,
        differences: AUDIT_RULES.flatMap(({ code, whatToDo }) =>
          rows.filter(({ rule }) => rule === code).map((row) => ({ ...toSuspect(row), whatToDo })),
        ),
      };
    },

    async clear() {
      for (const table of TABLES)
        if (table !== 'audit_order_workflows') await query(`delete from ${table} where audit_id = $1`);
    },

    async discard() {
      await query('select discard_audit_records($1)');
    },

    close() {
      client.release(true);
    },
  };
}

const rulesOf = (of: AuditRule['of']): AuditRule[] =>
  AUDIT_RULES.filter((rule) => (rule.of ?? 'orders') === of);

interface ComparisonRow {
  since: Date;
  compares_labels: boolean;
  recounts: boolean;
  started_at: Date;
}

interface SuspectRow {
  rule: string;
  order_id: string | null;
  ids: Record<string, string>;
  detail: string;
}

const toSuspect = ({ rule, order_id: orderId, ids, detail }: SuspectRow): Suspect => ({
  rule,
  ...(orderId !== null && { orderId }),
  ids,
  detail,
});

async function run<T extends object>(client: PoolClient, text: string, values: unknown[] = []): Promise<T[]> {
  const query: QueryConfig & { query_timeout: number } = {
    text,
    values,
    query_timeout: STATEMENT_TIMEOUT_MS,
  };
  const { rows } = await client.query<T>(query);
  return rows;
}
