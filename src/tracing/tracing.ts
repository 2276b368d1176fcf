import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { ClientInterceptors } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Pool } from '../adapters/postgres/pool.ts';
import type { WebhookSender } from '../adapters/webhooks/sender.ts';
import type { Broker } from '../contracts/ports/broker.ts';
import type { DestinationPlan } from '../contracts/ports/event-destination.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import type {
  InTraceOf,
  ObserveHttpCall,
  SharedTrace,
  TraceOrders,
  TraceRequest,
} from '../contracts/ports/tracing.ts';
import type { Logger } from '../platform/logging.ts';
import type { TracingConfig } from '../platform/tracing-config.ts';
import { VERSION } from '../platform/version.ts';
import { traceCharges, traceMails, traceWebhooks } from './adapters.ts';
import { observeHttpCallsWith, traceRequestsWith } from './http.ts';
import { traceCommands, traceDestination } from './messages.ts';
import { currentTraceparent, inTraceOf, isRecorded, sharedTrace, traceOrdersWith } from './places.ts';
import { createSampler } from './sampler.ts';
import { createSpanQueue } from './span-queue.ts';
import { traceStatements } from './sql.ts';
import { clientInterceptors, workerHooks } from './temporal.ts';

/**
 * The traces of this process. Each part of the process is handed to one of these functions where it is made, and is used as before. A
 * process without a collector does not load this file.
 */
export interface Tracing {
  readonly requests: TraceRequest;
  /** Where the caller is in its trace. */
  readonly currentTraceparent: () => string | undefined;
  readonly orders: TraceOrders;
  readonly inTraceOf: InTraceOf;
  readonly sharedTrace: SharedTrace;
  readonly httpCalls: ObserveHttpCall;
  readonly pool: (pool: Pool, url: string) => void;
  readonly provider: (provider: PaymentProvider) => PaymentProvider;
  readonly mailer: (mailer: Mailer, url: string) => Mailer;
  readonly webhookSender: (sender: WebhookSender) => WebhookSender;
  readonly broker: (broker: Broker) => Broker;
  readonly destination: (plan: DestinationPlan) => DestinationPlan;
  readonly clientInterceptors: ClientInterceptors;
  readonly workerHooks: Required<Pick<WorkerOptions, 'interceptors' | 'sinks'>>;
  /** What a log line has of its trace. */
  readonly logFields: () => { traceId?: string; spanId?: string };
  /** Sends what is left, for as long as the collector may take. */
  close(): Promise<void>;
}

/** For how long the end of the process waits for the collector. Milliseconds. */
const CLOSE_MS = 2_000;
const NONE = {};

/** OpenTelemetry has one provider, propagator and context manager in a process, so call this once until `close`. */
export function createTracing(
  { url, headers, timeoutMs, resource: attributes, sampler }: TracingConfig,
  logger: Logger,
): Tracing {
  const resource = Resource.default().merge(
    new Resource({ 'service.version': VERSION, 'process.pid': process.pid, ...attributes }),
  );
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs });
  const spans = createSpanQueue(exporter, logger);
  const provider = new BasicTracerProvider({
    resource,
    sampler: createSampler(sampler),
    spanProcessors: [spans],
  });
  provider.register({
    contextManager: new AsyncLocalStorageContextManager().enable(),
    propagator: new W3CTraceContextPropagator(),
  });
  const tracer = trace.getTracer('durable-checkout', VERSION);

  return {
    requests: traceRequestsWith(tracer),
    currentTraceparent,
    orders: traceOrdersWith(tracer),
    inTraceOf,
    sharedTrace,
    httpCalls: observeHttpCallsWith(tracer),
    pool: (pool, databaseUrl) => {
      traceStatements(tracer, pool, new URL(databaseUrl.replace('@/', '@localhost/')).pathname.slice(1));
    },
    provider: traceCharges,
    mailer: (mailer, smtpUrl) => traceMails(tracer, mailer, new URL(smtpUrl)),
    webhookSender: (sender) => traceWebhooks(tracer, sender),
    broker: (broker) => traceCommands(tracer, broker),
    destination: (plan) => traceDestination(tracer, plan),
    clientInterceptors: clientInterceptors(),
    workerHooks: workerHooks(spans, resource),
    logFields() {
      const here = context.active();
      const place = isRecorded(here) ? trace.getSpanContext(here) : undefined;
      if (!place) return NONE;
      return { traceId: place.traceId, spanId: place.spanId };
    },
    async close() {
      const over = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([spans.shutdown().catch(() => undefined), over]);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
