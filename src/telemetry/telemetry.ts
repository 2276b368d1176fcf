import { collectDefaultMetrics, Registry } from 'prom-client';
import type { BatchStore } from '../adapters/postgres/batch-store.ts';
import type { ReadOrderStages } from '../adapters/postgres/order-stages.ts';
import type { Pool } from '../adapters/postgres/pool.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { StatsReader } from '../adapters/postgres/stats-reader.ts';
import type { WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { AnsweredRequest } from '../contracts/ports/answered-request.ts';
import type { BatchObserver } from '../contracts/ports/batch-observer.ts';
import type { Broker } from '../contracts/ports/broker.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';
import type { Carrier } from '../contracts/ports/carrier.ts';
import type { DestinationPlan } from '../contracts/ports/event-destination.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { VERSION } from '../platform/version.ts';
import { observeBatchResults } from './batch-results.ts';
import { batchObserver } from './batches.ts';
import { observeBrakes } from './brakes.ts';
import { observeCalls } from './calls.ts';
import { createDatabaseSource, type DatabaseSource } from './database.ts';
import { observeDestination } from './destinations.ts';
import { createFamilies } from './families.ts';
import { requestObserver } from './http.ts';
import { observeBroker } from './intake.ts';
import { observeMailLog } from './mails.ts';
import { createOrderObserver } from './orders.ts';
import { observePool } from './pools.ts';
import { createTemporalSource, type TemporalSource } from './temporal.ts';
import { observeDeliveries } from './webhooks.ts';

export interface TelemetryOptions {
  /** Where Temporal's SDK exports its metrics. Undefined: it does not. */
  readonly temporalAddress?: string | undefined;
  /** How many workflow tasks have failed in this process. */
  readonly failedWorkflowTasks: () => number;
}

/**
 * The metrics of this process. Each part of the process is handed to one of these functions where it is made, and is used as before: a
 * process without metrics has none of this.
 */
export interface Telemetry {
  /** Hears of each answer of the API. */
  readonly onRequest: (request: AnsweredRequest) => void;
  readonly batches: (batcher: string) => BatchObserver;
  /** Counts the results of batches of operators. */
  readonly batchResults: (store: BatchStore) => BatchStore;
  readonly pool: (name: string, pool: Pool) => void;
  /** What PostgreSQL knows is read from here when the metrics are. */
  readonly database: (stats: Pick<StatsReader, 'gauges'>) => void;
  readonly mailLog: (log: MailLog) => MailLog;
  readonly mailer: (mailer: Mailer) => Mailer;
  readonly provider: (provider: PaymentProvider) => PaymentProvider;
  readonly carrier: (carrier: Carrier) => Carrier;
  readonly deliveries: (deliveries: WebhookDeliveries) => WebhookDeliveries;
  readonly brakes: <T extends Brakes>(brakes: T) => T;
  readonly broker: (broker: Broker) => Broker;
  readonly destination: (plan: DestinationPlan) => DestinationPlan;
  /** The destination that every installation has: what happens to orders is counted by its events. */
  readonly orderDestination: (plan: DestinationPlan, readStages: ReadOrderStages) => DestinationPlan;
  /** All metrics in the text format of Prometheus. Rejects only for a fault in this code. */
  render(): Promise<{ text: string; contentType: string }>;
  /** Stops what measures in the background. */
  close(): void;
}

export function createTelemetry({ temporalAddress, failedWorkflowTasks }: TelemetryOptions): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const families = createFamilies(registry);
  families.buildInfo.set({ version: VERSION, node: process.versions.node }, 1);
  const temporal: TemporalSource | undefined =
    temporalAddress === undefined ? undefined : createTemporalSource(families, temporalAddress);
  let database: DatabaseSource | undefined;
  const beforeScrape: (() => void)[] = [
    () => {
      families.workflowTaskFailures.reset();
      families.workflowTaskFailures.inc(failedWorkflowTasks());
    },
  ];

  return {
    onRequest: requestObserver(families),
    batches: (batcher) => batchObserver(families, batcher),
    batchResults: (store) => observeBatchResults(families, store),
    pool(name, pool) {
      beforeScrape.push(observePool(families, name, pool));
    },
    database(stats) {
      database = createDatabaseSource(families, stats);
    },
    mailLog: (log) => observeMailLog(families, log),
    mailer: (mailer) => observeCalls(families, 'smtp', mailer, ['send']),
    provider: (provider) =>
      observeCalls(families, 'stripe', provider, [
        'charge',
        'retrieve',
        'void',
        'capture',
        'refund',
        'disputes',
        'orderOf',
        'readPayments',
      ]),
    carrier: (carrier) =>
      observeCalls(families, 'easypost', carrier, [
        'verifyAddress',
        'createShipment',
        'buyLabel',
        'findShipment',
        'refundLabel',
        'retrieveTracker',
        'createTracker',
      ]),
    deliveries: (deliveries) => observeDeliveries(families, deliveries),
    brakes(brakes) {
      const made = observeBrakes(families, brakes);
      beforeScrape.push(made.beforeScrape);
      return made.brakes;
    },
    broker: (broker) => observeBroker(families, broker),
    destination: (plan) => observeDestination(families, plan),
    orderDestination(plan, readStages) {
      const orders = createOrderObserver(families, readStages, () => {
        families.sourceErrors.inc({ source: 'order_stages' });
      });
      return observeDestination(families, plan, (events) => {
        orders.observe(events);
      });
    },
    async render() {
      for (const update of beforeScrape) update();
      const [temporalText] = await Promise.all([temporal?.read() ?? '', database?.refresh()]);
      return { text: `${await registry.metrics()}${temporalText}`, contentType: registry.contentType };
    },
    close() {
      registry.clear();
    },
  };
}
