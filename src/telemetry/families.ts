import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS, SIZE_BUCKETS } from './buckets.ts';

const PREFIX = 'checkout_';

/**
 * Every metric of this process, apart from those of Node and of Temporal's SDK. docs/guides/metrics.md describes them, and a test compares
 * the two. The values of a label must be a small, fixed set: never an id, a SKU, an address, a path or the text of an error.
 */
export function createFamilies(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const gauge = <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });
  const histogram =
    (buckets: number[]) =>
    <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
      new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers });
  const duration = histogram(DURATION_BUCKETS);
  const size = histogram(SIZE_BUCKETS);

  return {
    buildInfo: gauge(
      'build_info',
      'The version of durable-checkout and of Node. Always 1.',
      'version',
      'node',
    ),
    sourceUp: gauge(
      'scrape_source_up',
      '1 if what this answer reads from the source is current, 0 if the source did not answer.',
      'source',
    ),
    sourceErrors: counter('scrape_source_errors_total', 'Reads of a source that have failed.', 'source'),

    httpRequests: counter(
      'http_requests_total',
      'Requests that the API has answered, by route template, method and class of the status.',
      ...(['method', 'route', 'status'] as const),
    ),
    httpDuration: duration(
      'http_request_duration_seconds',
      'Time until the answer to a request was sent, without live streams.',
      ...(['method', 'route'] as const),
    ),

    events: counter('events_total', 'Events of orders and of stock, by type.', 'type'),
    ordersPlaced: counter('orders_placed_total', 'Orders that were placed.'),
    orders: counter('orders_total', 'Orders that have reached an outcome.', 'outcome'),
    orderAmount: counter(
      'orders_amount_minor_units_total',
      'Totals of the orders that have reached an outcome, in minor units of the currency.',
      ...(['outcome', 'currency'] as const),
    ),
    orderUnits: counter('orders_units_total', 'Pieces in orders that have reached an outcome.', 'outcome'),
    stages: duration(
      'order_stage_duration_seconds',
      'Time that orders take: reserve from the arrival until the stock is held, charge from there until it is paid, decision from the arrival until the outcome, notify for each mail.',
      'stage',
    ),
    refunds: counter('refunds_total', 'Refunds by what became of them.', 'result'),
    refundedAmount: counter(
      'refunded_amount_minor_units_total',
      'Money that was refunded, in minor units of the currency.',
      'currency',
    ),
    captures: counter('captures_total', 'Captures of authorised payments by what became of them.', 'result'),
    capturedAmount: counter(
      'captured_amount_minor_units_total',
      'Money that was captured from authorised payments, in minor units of the currency.',
      'currency',
    ),
    disputes: counter('disputes_total', 'Disputes that were opened, and how they were closed.', 'result'),
    disputedAmount: counter(
      'disputed_amount_minor_units_total',
      'Money of the disputes that were opened, in minor units of the currency.',
      'currency',
    ),
    stockAlerts: counter(
      'stock_alerts_total',
      'Items that became low or out of stock at a location.',
      'state',
    ),

    mails: counter(
      'mails_total',
      'Attempts to send a mail about an order.',
      ...(['kind', 'result'] as const),
    ),
    providerRequests: counter(
      'provider_requests_total',
      'Calls to the payment provider, the carrier and the mail server.',
      ...(['provider', 'operation', 'result'] as const),
    ),
    providerDuration: duration(
      'provider_request_duration_seconds',
      'Time of the calls to the payment provider, the carrier and the mail server.',
      ...(['provider', 'operation'] as const),
    ),
    webhookDeliveries: counter(
      'webhook_deliveries_total',
      'Attempts to deliver an event to a webhook endpoint.',
      'result',
    ),
    webhookDuration: duration(
      'webhook_request_duration_seconds',
      'Time of the requests to webhook endpoints.',
    ),

    brakesActive: gauge('brakes_active', 'Brakes of operators that are on.', 'kind'),
    brakesAffected: counter(
      'brakes_affected_total',
      'Orders, messages and payments that a brake has refused or delayed.',
      'kind',
    ),

    intakeMessages: counter(
      'intake_messages_total',
      'Messages that were taken from a broker.',
      ...(['source', 'result'] as const),
    ),
    intakeDuration: duration(
      'intake_message_duration_seconds',
      'Time from the delivery of a message until its effect, or the message, was durable.',
      'source',
    ),
    relayEvents: counter(
      'relay_events_total',
      'Events that a destination has received, or that it has refused and receives again.',
      ...(['destination', 'result'] as const),
    ),
    relayDelay: duration(
      'relay_event_delay_seconds',
      'Age of an event when its destination had received it.',
      'destination',
    ),

    poolConnections: gauge(
      'pool_connections',
      'Connections of a pool, by state.',
      ...(['pool', 'state'] as const),
    ),
    poolMax: gauge('pool_connections_max', 'The most connections that a pool opens.', 'pool'),
    poolWaiting: gauge('pool_waiting_requests', 'Callers that wait for a connection of the pool.', 'pool'),
    batchesInProgress: gauge('batches_in_progress', 'Batches that are in progress.', 'batcher'),
    batchQueue: gauge('batch_queued_items', 'Items that wait for the next batch.', 'batcher'),
    batchSize: size('batch_size', 'Items in a batch.', 'batcher'),
    batchDuration: duration('batch_duration_seconds', 'Time to start or execute a batch.', 'batcher'),
    workflowTaskFailures: counter(
      'workflow_task_failures_total',
      'Workflow tasks that have failed with an error that no code catches.',
    ),

    undecided: gauge('undecided_orders', 'Orders without an outcome, by status.', 'status'),
    undecidedAge: gauge(
      'undecided_order_oldest_age_seconds',
      'Age of the oldest order without an outcome, by status.',
      'status',
    ),
    parked: gauge('parked_steps', 'Steps that wait for an operator.', 'step'),
    parkedAge: gauge('parked_step_oldest_age_seconds', 'How long the oldest parked step waits.', 'step'),
    lostOrders: gauge('lost_orders', 'Orders that no workflow carries on.'),
    sweepAge: gauge('last_sweep_age_seconds', 'Time since orders without a workflow were last looked for.'),
    relayBehind: gauge(
      'relay_behind_events',
      'Events that a destination has not received yet, counted up to 10,000.',
      'destination',
    ),
    relayLag: gauge(
      'relay_lag_seconds',
      'Age of the oldest event that a destination has not received.',
      'destination',
    ),
    feedUnnumbered: gauge(
      'feed_unnumbered_age_seconds',
      'Age of the oldest committed event that has no position in the feed yet.',
    ),
    feedTransaction: gauge(
      'feed_transaction_age_seconds',
      'How long the oldest transaction that writes is open.',
    ),
    webhooksPending: gauge('webhook_deliveries_pending', 'Deliveries that have not arrived yet.'),
    webhookEndpoints: gauge('webhook_endpoints', 'Endpoints that fail, or were disabled for it.', 'state'),
    deadLetters: gauge('dead_letters', 'Messages that are stored, by state.', 'state'),
    oversoldUnits: gauge('stock_oversold_units', 'Pieces that paid orders are short of.'),
    oversoldOrders: gauge('stock_oversold_orders', 'Paid orders that are short of pieces.'),
    lowStock: gauge('stock_low_levels', 'Items that are low at a location.'),
    openDisputes: gauge('disputes_open', 'Disputes that are not decided.'),
    unansweredDisputes: gauge('disputes_need_response', 'Disputes that wait for evidence.'),
    batchItems: counter(
      'operator_batch_items_total',
      'Orders of batches of operators that this process has settled.',
      'outcome',
    ),
    runningBatches: gauge('operator_batches_running', 'Batches of operators that are in progress.'),
    auditDifferences: gauge('audit_differences', 'Differences that the last audit has found.'),
    auditAge: gauge('audit_age_seconds', 'Time since the last audit was completed.'),

    databaseSize: gauge('postgres_database_size_bytes', 'Size of the database on disk.'),
    databaseConnections: gauge('postgres_connections', 'Connections of all clients to the server.'),
    databaseMaxConnections: gauge(
      'postgres_connections_max',
      'The most connections that the server accepts.',
    ),
    databaseTransactions: counter(
      'postgres_transactions_total',
      'Transactions of the database, by how they have ended.',
      'result',
    ),
    databaseBlocks: counter(
      'postgres_blocks_total',
      'Blocks that were found in the cache of PostgreSQL, or had to be read.',
      'result',
    ),
    databaseDeadlocks: counter('postgres_deadlocks_total', 'Deadlocks in the database.'),
    databaseTemporaryBytes: counter('postgres_temporary_bytes_total', 'Bytes written to temporary files.'),
  };
}

export type Families = ReturnType<typeof createFamilies>;
