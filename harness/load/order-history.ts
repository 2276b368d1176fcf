import type { QueryConfig } from 'pg';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

export interface History {
  /** How many orders are paid, with everything that a paid order has. */
  readonly past: number;
  /** How many orders wait for their customer, with their stock held. */
  readonly open: number;
  /** How old the newest order is, in minutes. Each is a minute older than the next. Default: the oldest is of two years ago. */
  readonly ageMinutes?: number;
}

const CHUNK_SIZE = 50_000;
/** The pool's own timeouts are those of a step, shorter than a statement about all orders. */
const STATEMENT_TIMEOUT_MS = 3_600_000;
const CLIENT = 'development';
const TWO_YEARS_MINUTES = 1_100_000;

/** The events of each order. */
const EVENTS = {
  past: ['placed', 'reserved', 'paid'],
  open: ['placed', 'reserved', 'awaiting_customer'],
} as const;

/**
 * Inserts years of orders of the hundred items of the demo catalogue, with the rows that the checkout would have written. Takes
 * some minutes for a million orders.
 */
export async function fillWithHistory(
  pool: Pool,
  { past, open, ageMinutes = TWO_YEARS_MINUTES - past - open }: History,
  report: (line: string) => void,
): Promise<void> {
  const client = await pool.connect();
  const run = (text: string) => {
    const query: QueryConfig & { query_timeout: number } = { text, query_timeout: STATEMENT_TIMEOUT_MS };
    return client.query(query);
  };
  try {
    // Without triggers and foreign keys: no process waits for these events, and every reference is valid.
    await run('set session_replication_role = replica; set statement_timeout = 0');
    const all = past + open;
    for (let from = 1; from <= all; from += CHUNK_SIZE) {
      const to = Math.min(from + CHUNK_SIZE - 1, all);
      await run('begin');
      for (const statement of statements(from, to, past, all + ageMinutes)) await run(statement);
      await run('commit');
      report(`history: ${to.toLocaleString('en')} of ${all.toLocaleString('en')} orders`);
    }
    await run(`
      update stock_levels l set held = r.held, sold = r.sold
        from (select sku, count(*) filter (where state = 'held') as held,
                     count(*) filter (where state = 'consumed') as sold
                from reservations group by sku) r
       where r.sku = l.sku and l.location_id = 'default'`);
    await run(`
      insert into stock_movements (sku, location_id, kind, available)
      select sku, 'default', 'received', count(*) from reservations where order_id like 'ord_history%' group by sku`);
    await run('vacuum analyze');
  } finally {
    // The connection is closed, because its settings must not reach other users of the pool.
    client.release(true);
  }
}

/** @param age how many minutes before now the order with the number 0 would have been placed */
function statements(from: number, to: number, past: number, age: number): string[] {
  const orders = `select n, 'ord_history' || lpad(n::text, 25, '0') as order_id, n <= ${past} as is_past,
    'item-' || lpad((n % 100 + 1)::text, 3, '0') as sku,
    clock_timestamp() - (${age} - n) * interval '1 minute' as at
    from generate_series(${from}, ${to}) n`;
  const into = (table: string, columns: string, values: string, more = ''): string =>
    `insert into ${table} (${columns}) select ${values} from (${orders}) h ${more}`;
  return [
    into(
      'orders',
      `order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method, last_sequence,
       created_at, reserved_at, outcome_at, updated_at`,
      `order_id, '${CLIENT}', md5(order_id) || md5(order_id), case when is_past then 'paid' else 'awaiting_customer' end, 'EUR', 1000,
       jsonb_build_array(jsonb_build_object('sku', sku, 'title', 'Item', 'quantity', 1, 'unitPrice', 1000, 'total', 1000)),
       'customer-' || n % 200000 || '@example.com', 'pm_card_visa', 3, at, at, case when is_past then at end, at`,
    ),
    into(
      'order_claims',
      'order_id, request_hash, workflow_id',
      `order_id, md5(order_id) || md5(order_id), 'order/' || order_id`,
    ),
    into(
      'reservations',
      'order_id, sku, quantity, state',
      `order_id, sku, 1, case when is_past then 'consumed' else 'held' end`,
    ),
    into(
      'stock_movements',
      'sku, location_id, kind, available, held, order_id, at',
      `sku, 'default', 'held', -1, 1, order_id, at`,
    ),
    into(
      'stock_movements',
      'sku, location_id, kind, held, order_id, at',
      `sku, 'default', 'shipped', -1, order_id, at`,
      'where is_past',
    ),
    into(
      'payments',
      'order_id, attempt, payment_intent_id, status, currency, amount, captured, created_at, updated_at',
      `order_id, 1, 'pi_' || order_id, case when is_past then 'succeeded' else 'requires_action' end, 'EUR', 1000,
       case when is_past then 1000 else 0 end, at, at`,
    ),
    ...[0, 1, 2].map((index) =>
      into(
        'order_events',
        'order_id, sequence, type, data, occurred_at, tx',
        `order_id, ${index + 1},
         'com.durable-checkout.order.' || case when is_past then '${EVENTS.past[index]}' else '${EVENTS.open[index]}' end || '.v1',
         jsonb_build_object('status', case when is_past then '${EVENTS.past[index]}' else '${EVENTS.open[index]}' end), at, 0`,
      ),
    ),
    ...['created', 'paid'].map((kind) =>
      into(
        'mails',
        'order_id, kind, message_id, status, attempts, created_at, sent_at',
        `order_id, '${kind}', '<' || order_id || '.${kind}@durable-checkout.example>', 'sent', 1, at, at`,
        kind === 'paid' ? 'where is_past' : '',
      ),
    ),
  ];
}
