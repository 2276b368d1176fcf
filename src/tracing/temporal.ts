import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { IResource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ClientInterceptors } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client/index.js';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/worker/index.js';
import type { InjectedSinks, WorkerOptions } from '@temporalio/worker';
import type { TracedRun, TraceSinks } from '../contracts/temporal/trace-sinks.ts';

/** Starts, signals and updates of workflows hand the trace on in a header of Temporal. */
export const clientInterceptors = (): ClientInterceptors => ({
  workflow: [new OpenTelemetryWorkflowClientInterceptor()],
});

/** For workers whose workflows are bundled with our interceptors for workflows. Activities have Temporal's own. */
export const workerHooks = (
  spans: SpanProcessor,
  resource: IResource,
): Required<Pick<WorkerOptions, 'interceptors' | 'sinks'>> => ({
  interceptors: {
    activity: [
      (context) => ({
        inbound: new OpenTelemetryActivityInboundInterceptor(context),
        outbound: new OpenTelemetryActivityOutboundInterceptor(context),
      }),
    ],
  },
  sinks: {
    traces: {
      ran: {
        fn({ workflowId, runId }, run) {
          spans.onEnd(spanOf(run, { temporalWorkflowId: workflowId, run_id: runId }, resource));
        },
      },
    },
  } satisfies InjectedSinks<TraceSinks>,
});

function spanOf(run: TracedRun, attributes: ReadableSpan['attributes'], resource: IResource): ReadableSpan {
  const place = { traceId: run.traceId, spanId: run.spanId, traceFlags: 1 };
  return {
    name: `RunWorkflow:${run.workflowType}`,
    kind: SpanKind.INTERNAL,
    spanContext: () => place,
    parentSpanId: run.parentSpanId,
    startTime: hrTimeOf(run.startMs),
    endTime: hrTimeOf(run.endMs),
    duration: hrTimeOf(run.endMs - run.startMs),
    status: { code: run.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationLibrary: { name: 'durable-checkout' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const hrTimeOf = (ms: number): [seconds: number, nanoseconds: number] => [
  Math.floor(ms / 1_000),
  (ms % 1_000) * 1_000_000,
];
