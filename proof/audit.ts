import { setTimeout as delay } from 'node:timers/promises';
import type { AuditView } from '../src/contracts/http/audit.ts';
import type { Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

export interface AuditScope {
  /** Only the provider's payments since then (Unix seconds). Default: all. */
  readonly since?: number;
  /** The orders whose mails are looked for at the mail server. Default: none. */
  readonly mailsOf?: readonly string[];
}

/**
 * What PostgreSQL, the provider and Temporal say of a shop in which every order is at its end, held against each other.
 * @returns every difference, in words; none: the books are clean
 */
export async function auditClean(shop: Shop, scope: AuditScope = {}): Promise<string[]> {
  return [
    ...(await ownBooks(shop)),
    ...(await providerBooks(shop, scope.since)),
    ...(await mailsArrived(shop, scope.mailsOf ?? [])),
    ...(await runsEnded(shop)),
    ...(await shopsOwnAudit(shop, scope.since)),
  ];
}

/** Each rule answers what breaks it. */
const RULES: Readonly<Record<string, string>> = {
  'an order has no outcome': `select order_id || ' is ' || status from orders where outcome_at is null`,
  'stock is held for an order at its end': `
    select r.order_id || ' holds ' || r.sku from reservations r join orders o using (order_id)
     where r.state = 'held' and o.outcome_at is not null`,
  'stock and reservations differ': `
    select i.sku || ': held ' || i.held || ', sold ' || i.sold
      from stock_items i
      left join (select sku, coalesce(sum(quantity) filter (where state = 'held'), 0) as held,
                        coalesce(sum(quantity) filter (where state = 'consumed'), 0) as sold
                   from reservations group by sku) r using (sku)
     where i.held <> coalesce(r.held, 0) or i.sold <> coalesce(r.sold, 0)`,
  'the events of an order have a gap': `
    select o.order_id || ': ' || o.last_sequence || ' against ' || count(e.*)
      from orders o left join order_events e using (order_id)
     group by o.order_id
    having o.last_sequence <> count(e.*) or o.last_sequence <> max(e.sequence)`,
  'an order is not paid as its status says': `
    select o.order_id || ' is ' || o.status || ' and keeps ' || coalesce(p.kept, 0)
      from orders o
      left join (select order_id, sum(captured - refunded) as kept, sum(refunded) as refunded,
                        bool_or(status = 'authorized') as authorized
                   from payments group by order_id) p using (order_id)
     where (o.status = 'paid' and not p.authorized and p.kept + p.refunded <> o.total)
        or (o.status not in ('paid', 'shipped', 'delivered', 'closed', 'refunded') and coalesce(p.kept, 0) <> 0)`,
  'a mail has not left': `select order_id || ' ' || kind from mails where status = 'pending'`,
  'the customer was not told the outcome': `
    select o.order_id || ' is ' || o.status from orders o
     where o.outcome_at is not null and o.status <> 'rejected'
       and not exists (select from mails m where m.order_id = o.order_id and m.kind = o.status)`,
};

async function ownBooks({ pool }: Shop): Promise<string[]> {
  const found: string[] = [];
  for (const [rule, query] of Object.entries(RULES)) {
    const { rows } = await pool.query<{ detail: string }>(`select detail from (${query}) found(detail)`);
    found.push(...rows.map(({ detail }) => `${rule}: ${detail}`));
  }
  return found;
}

async function providerBooks({ pool, provider }: Shop, since = 0): Promise<string[]> {
  const books = await provider.books(since);
  const { rows } = await pool.query<{ order_id: string; kept: number }>(
    `select order_id, sum(captured - refunded)::bigint as kept from payments
      where order_id in (select order_id from orders where created_at >= to_timestamp($1)) group by order_id`,
    [since],
  );
  const ours = new Map(rows.map(({ order_id, kept }) => [order_id, kept]));
  const found: string[] = [];
  for (const [orderId, { kept, succeeded }] of books) {
    if (succeeded > 1) found.push(`charged ${succeeded} times: ${orderId}`);
    // An order from before `since` may have been charged after it.
    if (ours.has(orderId) && ours.get(orderId) !== kept)
      found.push(`the provider keeps ${kept} of ${orderId}, our books say ${ours.get(orderId) ?? 0}`);
  }
  for (const [orderId, kept] of ours)
    if (kept !== 0 && !books.has(orderId))
      found.push(`the provider knows nothing of ${orderId}, we keep ${kept}`);
  return found;
}

async function mailsArrived({ pool, provider }: Shop, orderIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ order_id: string; message_ids: string[] }>(
    `select order_id, array_agg(message_id) as message_ids from mails
      where order_id = any($1) and status = 'sent' group by order_id`,
    [orderIds],
  );
  const found: string[] = [];
  for (const { order_id: orderId, message_ids: sent } of rows) {
    const arrived = new Set(await provider.mails(orderId));
    const lost = sent.filter((id) => !arrived.has(id));
    if (lost.length > 0) found.push(`mails that never arrived: ${lost.join(', ')}`);
    if (arrived.size > sent.length) found.push(`mails under more than one Message-ID: ${orderId}`);
  }
  return found;
}

/** The audit that the product itself has, as an operator asks for it. */
async function shopsOwnAudit({ api }: Shop, since: number | undefined): Promise<string[]> {
  const scope = since === undefined ? {} : { since: new Date(since * 1000).toISOString() };
  const { body } = await api.post('/v1/audits', scope);
  const { auditId } = body as AuditView;
  let audit: AuditView | undefined;
  await waitThroughFaults(`the audit ${auditId} has ended`, async () => {
    audit = (await api.get(`/v1/audits/${auditId}`)) as AuditView;
    return audit.state !== 'running';
  });
  if (audit?.state !== 'done') return ['the audit could not be carried through'];
  return (audit.differences ?? []).map(
    ({ rule, orderId = '', detail }) => `the audit found ${rule} ${orderId}: ${detail}`,
  );
}

const INDEXED_WITHIN_MS = 10_000;
const POLL_MS = 100;

/** Temporal's index of runs is a moment behind. */
async function runsEnded({ temporal }: Shop): Promise<string[]> {
  const deadline = performance.now() + INDEXED_WITHIN_MS;
  let running: number;
  do {
    ({ count: running } = await temporal.workflow.count(`ExecutionStatus = 'Running'`));
    if (running > 0) await delay(POLL_MS);
  } while (running > 0 && performance.now() < deadline);
  const found = running > 0 ? [`${running} workflows still run`] : [];
  const query = `ExecutionStatus = 'Failed' or ExecutionStatus = 'Terminated' or ExecutionStatus = 'TimedOut'`;
  for await (const { workflowId, status } of temporal.workflow.list({ query })) {
    const why: unknown = await temporal.workflow.getHandle(workflowId).result().catch(causeOf);
    found.push(`${workflowId} is ${status.name}: ${String(why)}`);
  }
  return found;
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? (error.cause ?? error) : error);
