import {
  context,
  SpanStatusCode,
  type Attributes,
  type Span,
  type SpanKind,
  type Tracer,
} from '@opentelemetry/api';
import { isRecorded, linksOf } from './places.ts';

/** Starts a span where the caller is; `undefined` where nothing is recorded: then nothing is made. */
export function startSpan(
  tracer: Tracer,
  name: string,
  kind: SpanKind,
  attributes: Attributes,
): Span | undefined {
  const here = context.active();
  if (!isRecorded(here)) return undefined;
  const links = linksOf(here);
  return tracer.startSpan(name, { kind, attributes, ...(links.length > 0 && { links }) }, here);
}

/** Ends a span with an error, by its code or the name of its class. Its message stays here: it may repeat what a customer has entered. */
export function endFailed(span: Span, error: unknown): void {
  span.setAttribute('error.type', errorTypeOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
    ? String(error.code)
    : error.name;
}
