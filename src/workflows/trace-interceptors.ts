import { defaultPayloadConverter } from '@temporalio/common';
import { proxySinks, workflowInfo, type Headers, type WorkflowInterceptors } from '@temporalio/workflow';
import type { TraceSinks } from '../contracts/temporal/trace-sinks.ts';
import { readTraceparent, toTraceparent, type TraceParent } from '../domain/trace-context.ts';
import { currentTimeMs } from './lib/timer.ts';

/** The header of Temporal's interceptors for OpenTelemetry, which clients and activities have. */
const HEADER = '_tracer-data';
const HEX_OF_SPAN = 16;

/**
 * Hands the trace of a workflow on to its activities and child workflows. Each call is passed on in the same microtask, and no random number
 * is drawn: so a history that was recorded without these interceptors replays with them, and the other way round.
 */
export const interceptors = (): WorkflowInterceptors => {
  let place: TraceParent | undefined;
  const withHeader = <I extends { readonly headers: Headers }>(input: I): I =>
    place ? { ...input, headers: { ...input.headers, [HEADER]: headerOf(place) } } : input;
  return {
    inbound: [
      {
        execute(input, next) {
          const parent = parentIn(input.headers);
          if (!parent) return next(input);
          const { runId, workflowType } = workflowInfo();
          const spanId = runId.replaceAll('-', '').slice(-HEX_OF_SPAN);
          place = { ...parent, spanId };
          const { traceId } = parent;
          const run = {
            traceId,
            spanId,
            parentSpanId: parent.spanId,
            workflowType,
            startMs: currentTimeMs(),
          };
          const result = next(input);
          if (parent.sampled) {
            const { traces } = proxySinks<TraceSinks>();
            const ended = (failed: boolean) => {
              traces.ran({ ...run, endMs: currentTimeMs(), failed });
            };
            result.then(
              () => {
                ended(false);
              },
              (error: unknown) => {
                ended(!(error instanceof Error && error.name === 'ContinueAsNew'));
              },
            );
          }
          return result;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withHeader(input)),
        scheduleLocalActivity: (input, next) => next(withHeader(input)),
        startChildWorkflowExecution: (input, next) => next(withHeader(input)),
        signalWorkflow: (input, next) => next(withHeader(input)),
        continueAsNew: (input, next) => next(withHeader(input)),
        getLogAttributes: (input, next) =>
          next(
            place?.sampled === true ? { ...input, trace_id: place.traceId, span_id: place.spanId } : input,
          ),
      },
    ],
  };
};

const headerOf = (place: TraceParent) =>
  defaultPayloadConverter.toPayload({ traceparent: toTraceparent(place) });

/** A header that cannot be read is of no trace: it must not keep the workflow from running. */
function parentIn({ [HEADER]: header }: Headers): TraceParent | undefined {
  if (!header) return undefined;
  let carried: unknown;
  try {
    carried = defaultPayloadConverter.fromPayload(header);
  } catch {
    return undefined;
  }
  if (typeof carried !== 'object' || carried === null || !('traceparent' in carried)) return undefined;
  return readTraceparent(typeof carried.traceparent === 'string' ? carried.traceparent : undefined);
}
