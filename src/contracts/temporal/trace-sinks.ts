/** The run of a workflow in its trace. Unix milliseconds, by the workflow's clock. */
export interface TracedRun {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly workflowType: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
}

/** How runs leave the sandbox. The SDK calls a sink only for what happens for the first time, and not in a replay. Not an interface, which has no index signature. */
export type TraceSinks = { traces: { ran(run: TracedRun): void } };
