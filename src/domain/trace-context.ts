/** The header and attribute in which a trace is handed on, as the W3C specifies it. */
export const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';

const FORM = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** A place in a trace. @see https://www.w3.org/TR/trace-context/ */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the trace is recorded. */
  readonly sampled: boolean;
}

/** Reads a `traceparent`; `undefined` if it is not one. */
export function readTraceparent(text: string | undefined): TraceParent | undefined {
  const [, traceId, spanId, flags = ''] = FORM.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

export const toTraceparent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-0${sampled ? SAMPLED : 0}`;

/** The headers of a message that name its trace; `undefined` if it has none. `header` returns the header of a name. */
export function traceOf(header: (name: string) => string | undefined): Record<string, string> | undefined {
  const [traceparent, tracestate] = [header(TRACEPARENT), header(TRACESTATE)];
  if (traceparent === undefined) return undefined;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}

/** The id of the trace, if it is recorded. */
export function recordedTraceId(traceparent: string | undefined): string | undefined {
  const parent = readTraceparent(traceparent);
  return parent?.sampled === true ? parent.traceId : undefined;
}
