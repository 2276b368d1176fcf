import { setTimeout as delay } from 'node:timers/promises';
import type { Shop } from '../system/shop.ts';
import { runAudit } from '../system/run-audit.ts';

export interface AuditScope {
  /** Only the provider's payments since then (Unix seconds). Default: all. */
  readonly since?: number;
  /** The orders whose mails are compared with the mail server. Default: none. */
  readonly mailsOf?: readonly string[];
}

/**
 * Compares what PostgreSQL, the provider, the carrier, the mail server and Temporal say of a shop in which every order has ended.
 * @returns every difference, in words
 */
export async function findDifferences(shop: Shop, scope: AuditScope = {}): Promise<string[]> {
  return [
    ...(await brokenRules(shop)),
    ...(await differencesToProvider(shop, scope.since)),
    ...(await differencesToCarrier(shop, scope.since)),
    ...(await lostMails(shop, scope.mailsOf ?? [])),
    ...(await unfinishedWorkflows(shop)),
    ...(await productAudit(shop, scope.since)),
  ];
}

/** Rules about the database. Each query returns what breaks its rule. */
const RULES: Readonly<Record<string, string>> = {
  'an order has no outcome': `select order_id || ' is ' || status from orders where outcome_at is null`,
  'stock is held for an order that has ended': `
    select r.order_id || ' holds ' || r.sku from reservations r join orders o using (order_id)
     where r.state = 'held' and o.outcome_at is not null`,
  'stock and reservations differ': `
    select l.sku || ' at ' || l.location_id || ': held ' || l.held || ', committed ' || l.committed || ', sold ' || l.sold
      from stock_levels l
      left join (select sku, location_id, coalesce(sum(quantity - short) filter (where state = 'held'), 0) as held,
                        coalesce(sum(quantity - short - shipped) filter (where state = 'committed'), 0) as committed,
                        coalesce(sum(quantity) filter (where state in ('committed', 'consumed')), 0) as sold
                   from reservations group by 1, 2) r using (sku, location_id)
     where (l.held, l.committed, l.sold) is distinct from (coalesce(r.held, 0), coalesce(r.committed, 0), coalesce(r.sold, 0))`,
  'stock is not the sum of its movements': `
    select l.sku || ' at ' || l.location_id || ': on hand ' || l.on_hand || ' against ' || coalesce(m.on_hand, 0)
      from stock_levels l
      left join (select sku, location_id, sum(available + held + committed + unavailable) as on_hand
                   from stock_movements group by 1, 2) m using (sku, location_id)
     where l.on_hand <> coalesce(m.on_hand, 0)`,
  'the pieces on hand are not those that were counted, less those that left, with those that came back': `
    with counted as (
      select sku, sum(available + held + committed + unavailable) as pieces from stock_movements
       where kind in ('adjusted', 'received') group by 1
    ), handed_over as (
      select l.sku, sum(l.quantity) as pieces from shipments s join shipment_lines l using (shipment_id)
       where s.handed_over_at is not null group by 1
    ), taken_when_paid as (
      select ordered ->> 'sku' as sku, sum((ordered ->> 'quantity')::bigint - coalesce(l.cancelled, 0)) as pieces
        from orders o cross join jsonb_array_elements(o.lines) with ordinality x (ordered, n)
        left join order_lines l on l.order_id = o.order_id and l.line = x.n
       where o.shipping is null and o.status in ('paid', 'refunded') group by 1
    ), came_back as (
      select l.sku, sum(r.quantity) as pieces from return_receipts r join return_lines l using (return_id, line)
       where r.disposition in ('restocked', 'processing') group by 1
    )
    select sku || ': ' || stock.on_hand || ' on hand, counted ' || coalesce(c.pieces, 0) || ', handed over '
             || coalesce(h.pieces, 0) || ', taken when paid ' || coalesce(t.pieces, 0) || ', back ' || coalesce(b.pieces, 0)
      from (select sku, sum(on_hand) as on_hand from stock_levels group by 1) stock
      left join counted c using (sku) left join handed_over h using (sku) left join taken_when_paid t using (sku)
      left join came_back b using (sku)
     where stock.on_hand <> coalesce(c.pieces, 0) - coalesce(h.pieces, 0) - coalesce(t.pieces, 0) + coalesce(b.pieces, 0)`,
  'a line was handed over more often than it was ordered': `
    select l.order_id || ' line ' || l.line || ': ' || sum(sl.quantity)
      from order_lines l join shipments s using (order_id)
      join shipment_lines sl on sl.shipment_id = s.shipment_id and sl.line = l.line
     where s.handed_over_at is not null and s.status <> 'lost'
     group by l.order_id, l.line, l.quantity, l.cancelled having sum(sl.quantity) > l.quantity - l.cancelled`,
  'a return was not closed': `
    select return_id || ' is ' || status from returns where status in ('requested', 'open')`,
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
     where (o.status in ('paid', 'shipped', 'delivered', 'closed') and not p.authorized and p.kept + p.refunded <> o.total)
        or (o.status not in ('paid', 'shipped', 'delivered', 'closed', 'refunded') and coalesce(p.kept, 0) <> 0)`,
  'a mail was not sent': `select order_id || ' ' || kind from mails where status = 'pending'`,
  'no mail tells the customer the outcome': `
    select o.order_id || ' is ' || o.status from orders o
     where o.outcome_at is not null and o.status <> 'rejected'
       and not exists (select from mails m where m.order_id = o.order_id
                                            and m.kind = case o.status when 'closed' then 'delivered' else o.status end)`,
  'no mail tells the customer of a parcel': `
    select s.order_id || ' shipment ' || s.number || ' ' || kind
      from shipments s, lateral (values ('shipped', s.handed_over_at is not null), ('delivered', s.status = 'delivered')) k (kind, due)
     where due and not exists (select from mails m where m.order_id = s.order_id and m.kind = k.kind and m.part = s.number
                                                     and m.status = 'sent')`,
  'no mail tells the customer of a return': `
    select r.order_id || ' return ' || r.number from returns r
     where exists (select from return_receipts c where c.return_id = r.return_id and c.disposition <> 'missing')
       and not exists (select from mails m where m.order_id = r.order_id and m.kind = 'return_received' and m.part = r.number
                                             and m.status = 'sent')`,
};

async function brokenRules({ pool }: Shop): Promise<string[]> {
  const found: string[] = [];
  for (const [rule, query] of Object.entries(RULES)) {
    const { rows } = await pool.query<{ detail: string }>(`select detail from (${query}) found(detail)`);
    found.push(...rows.map(({ detail }) => `${rule}: ${detail}`));
  }
  return found;
}

async function differencesToProvider({ pool, provider }: Shop, since = 0): Promise<string[]> {
  const records = await provider.records(since);
  const { rows } = await pool.query<{ order_id: string; kept: number }>(
    `select order_id, sum(captured - refunded)::bigint as kept from payments
      where order_id in (select order_id from orders where created_at >= to_timestamp($1)) group by order_id`,
    [since],
  );
  const keptHere = new Map(rows.map(({ order_id, kept }) => [order_id, kept]));
  const found: string[] = [];
  for (const [orderId, { kept, succeeded }] of records) {
    if (succeeded > 1) found.push(`charged ${succeeded} times: ${orderId}`);
    // An order from before `since` may have been charged after it.
    if (keptHere.has(orderId) && keptHere.get(orderId) !== kept)
      found.push(`the provider keeps ${kept} of ${orderId}, the database says ${keptHere.get(orderId) ?? 0}`);
  }
  for (const [orderId, kept] of keptHere)
    if (kept !== 0 && !records.has(orderId))
      found.push(`the provider has no payment of ${orderId}, the database says that we keep ${kept}`);
  return found;
}

interface RecordedLabel {
  readonly parcel: string;
  readonly carrierShipmentId: string;
  readonly trackingCode: string;
  readonly isCancelled: boolean;
}

/** Each parcel has one label at the carrier, and the labels of cancelled parcels are given back. */
async function differencesToCarrier({ pool, provider }: Shop, since = 0): Promise<string[]> {
  const labels = await provider.labels(since);
  const { rows } = await pool.query<RecordedLabel>(
    `select shipment_id as parcel, carrier_shipment_id as "carrierShipmentId", tracking_code as "trackingCode",
            status = 'cancelled' as "isCancelled"
       from shipments where label_url is not null and created_at >= to_timestamp($1)
     union all
     select return_id, carrier_shipment_id, tracking_code, false from returns
      where label = 'bought' and created_at >= to_timestamp($1)`,
    [since],
  );
  const recorded = new Map(rows.map((row) => [row.carrierShipmentId, row]));
  const atCarrier = new Map(labels.map((label) => [label.carrierShipmentId, label]));
  const found: string[] = [];
  const paid = labels.filter(({ isRefunded }) => !isRefunded);
  const parcels = new Set(paid.map(({ reference }) => reference));
  if (parcels.size < paid.length) found.push(`${paid.length} labels were bought for ${parcels.size} parcels`);
  for (const { carrierShipmentId, reference } of paid) {
    const row = recorded.get(carrierShipmentId);
    if (!row) found.push(`the carrier has a label of ${reference} that the database does not have`);
    else if (row.isCancelled) found.push(`${reference} is cancelled, and its label was not given back`);
  }
  for (const { carrierShipmentId, trackingCode, parcel } of rows)
    if (atCarrier.get(carrierShipmentId)?.trackingCode !== trackingCode)
      found.push(`the carrier has no label of ${parcel} with the code ${trackingCode}`);
  return found;
}

async function lostMails({ pool, provider }: Shop, orderIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ order_id: string; message_ids: string[] }>(
    `select order_id, array_agg(message_id) as message_ids from mails
      where order_id = any($1) and status = 'sent' group by order_id`,
    [orderIds],
  );
  const found: string[] = [];
  for (const { order_id: orderId, message_ids: sent } of rows) {
    const received = new Set(await provider.mails(orderId));
    const lost = sent.filter((id) => !received.has(id));
    if (lost.length > 0) found.push(`mails that were never received: ${lost.join(', ')}`);
    if (received.size > sent.length) found.push(`mails under more than one Message-ID: ${orderId}`);
  }
  return found;
}

/** The differences that the product's own audit finds. */
async function productAudit(shop: Shop, since: number | undefined): Promise<string[]> {
  const from = since === undefined ? undefined : new Date(since * 1000).toISOString();
  const { state, differences = [] } = await runAudit(shop, from);
  if (state !== 'done') return [`the audit is ${state}`];
  return differences.map(({ rule, orderId = '', detail }) => `the audit found ${rule} ${orderId}: ${detail}`);
}

const INDEX_DELAY_MS = 10_000;
const POLL_INTERVAL_MS = 100;

/** Workflows that run, or have failed. Temporal's visibility store lags a moment behind. */
async function unfinishedWorkflows({ temporal }: Shop): Promise<string[]> {
  const deadline = performance.now() + INDEX_DELAY_MS;
  let running: number;
  do {
    ({ count: running } = await temporal.workflow.count(`ExecutionStatus = 'Running'`));
    if (running > 0) await delay(POLL_INTERVAL_MS);
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
