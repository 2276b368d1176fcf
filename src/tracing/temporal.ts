import { createTraceState } from '@opentelemetry/api';
import type { IResource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ClientInterceptors } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client/index.js';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/worker/index.js';
import type { SerializableSpan } from '@temporalio/interceptors-opentelemetry/lib/workflow/index.js';
import type { WorkerOptions } from '@temporalio/worker';

/** Starts, signals and updates of workflows hand the trace on in a header of Temporal. */
export const clientInterceptors = (): ClientInterceptors => ({
  workflow: [new OpenTelemetryWorkflowClientInterceptor()],
});

/**
 * For workers whose workflows are bundled with the interceptors for workflows. A workflow that is replayed exports no span a second time:
 * the SDK calls the sink only for what happens for the first time.
 */
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
    exporter: {
      export: {
        fn({ workflowId, runId }: { workflowId: string; runId: string }, exported: SerializableSpan[]) {
          for (const span of exported) {
            // Only the ids: what else is known of a workflow has the search attributes and the result of the last run.
            Object.assign(span.attributes, { temporalWorkflowId: workflowId, run_id: runId });
            spans.onEnd(readable(span, resource));
          }
        },
      },
    },
  },
});

/** Spans of workflows are copied out of their sandbox, and lose their methods. */
function readable({ spanContext, ...span }: SerializableSpan, resource: IResource): ReadableSpan {
  const { traceState, ...rest } = spanContext;
  const whole = { ...rest, ...(traceState !== undefined && { traceState: createTraceState(traceState) }) };
  return { ...span, resource, spanContext: () => whole };
}
