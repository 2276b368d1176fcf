import { existsSync, readFileSync } from 'node:fs';

/** A span as the collector has stored it. Times are Unix nanoseconds. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: the span has no parent. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  status?: { code?: number };
  links?: { traceId: string; spanId: string }[];
}

interface OtlpRequest {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans?: { spans?: OtlpSpan[] }[];
  }[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const ERROR = 2;

/** Reads the file that a collector writes with its `file` exporter: a request of OTLP in JSON on each line. */
export function readCollectedSpans(path: string): CollectedSpan[] {
  if (!existsSync(path)) return [];
  // The collector may be about to write the last line.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.flatMap((line) => spansOf(JSON.parse(line) as OtlpRequest));
}

const spansOf = ({ resourceSpans = [] }: OtlpRequest): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: KINDS[span.kind ?? 0] ?? 'unspecified',
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        isError: span.status?.code === ERROR,
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource?.attributes),
        links: span.links ?? [],
      })),
    ),
  );

const valuesOf = (pairs: KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A span of a trace, how deep it is, and how long after the beginning of the trace it began, in milliseconds. */
export interface TreeRow {
  readonly span: CollectedSpan;
  readonly depth: number;
  readonly startMs: number;
  readonly durationMs: number;
}

/** The spans of one trace from the top down, the earliest first. A span whose parent is not there is at the top. */
export function treeOf(spans: readonly CollectedSpan[], traceId: string): TreeRow[] {
  const ofTrace = spans.filter((span) => span.traceId === traceId).sort(byStart);
  const ids = new Set(ofTrace.map(({ spanId }) => spanId));
  const began = ofTrace[0]?.start ?? 0n;
  const rowsOf = (parent: CollectedSpan | undefined, depth: number): TreeRow[] =>
    ofTrace
      .filter(({ parentSpanId }) => (parent ? parentSpanId === parent.spanId : !ids.has(parentSpanId)))
      .flatMap((span) => [
        {
          span,
          depth,
          startMs: Number(span.start - began) / 1e6,
          durationMs: Number(span.end - span.start) / 1e6,
        },
        ...rowsOf(span, depth + 1),
      ]);
  return rowsOf(undefined, 0);
}

const byStart = (one: CollectedSpan, other: CollectedSpan): number =>
  one.start < other.start ? -1 : one.start > other.start ? 1 : 0;

/** The tree as text: a line for each span with its times, and what it links to in other traces. */
export function treeText(spans: readonly CollectedSpan[], traceId: string): string {
  const names = new Map(spans.map((span) => [span.spanId, span]));
  const rows = treeOf(spans, traceId);
  const width = Math.max(0, ...rows.map(({ span, depth }) => 2 * depth + span.name.length)) + 2;
  return rows
    .map(({ span, depth, startMs, durationMs }) => {
      const name = `${'  '.repeat(depth)}${span.name}`.padEnd(width);
      const times = `${startMs.toFixed(1).padStart(8)} ms ${durationMs.toFixed(1).padStart(8)} ms  ${span.kind}`;
      const linked = span.links.map(({ spanId }) => names.get(spanId)?.name ?? 'another trace');
      const links = linked.length === 0 ? '' : `  → ${[...new Set(linked)].join(', ')}`;
      return `${name}${times}${span.isError ? '  error' : ''}${links}`;
    })
    .join('\n');
}
