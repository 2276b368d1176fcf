import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Tracer,
} from '@opentelemetry/api';
import type { InTraceOf, SharedTrace, TraceOrders } from '../contracts/ports/tracing.ts';
import { readTraceparent, toTraceparent } from '../domain/trace-context.ts';

const LINKS = createContextKey('links of the next spans');
/** Enough to find the others; more links would make one span as large as many. */
const MAX_LINKS = 64;

/** The links that spans of this context have. */
export const linksOf = (here: Context): Link[] => (here.getValue(LINKS) as Link[] | undefined) ?? [];

/** The place of the caller as a `traceparent`; `undefined` where it is in no trace. */
export function currentTraceparent(): string | undefined {
  const here = trace.getSpanContext(context.active());
  return here && toTraceparent({ ...here, sampled: (here.traceFlags & TraceFlags.SAMPLED) !== 0 });
}

/** The context of a `traceparent`; `undefined` if it is none. */
export function contextOf(traceparent: string | undefined): Context | undefined {
  const parent = readTraceparent(traceparent);
  if (!parent) return undefined;
  const { traceId, spanId, sampled } = parent;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Whether spans that begin in this context are recorded. */
export function isRecorded(here: Context): boolean {
  const parent = trace.getSpanContext(here);
  return parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
}

const linkTo = (here: Context): Link[] => {
  const place = trace.getSpanContext(here);
  return place && isRecorded(here) ? [{ context: place }] : [];
};

/** In the order's trace, spans link to where the caller was: the activity of the group that the order is in. */
export const inTraceOf: InTraceOf = (traceparent, work) => {
  const here = context.active();
  const there = contextOf(traceparent);
  if (!there || trace.getSpanContext(there)?.traceId === trace.getSpanContext(here)?.traceId) return work();
  return context.with(there.setValue(LINKS, linkTo(here)), work);
};

export const sharedTrace: SharedTrace = {
  place: () => {
    const here = context.active();
    return isRecorded(here) ? here : undefined;
  },
  run(places, work) {
    const [first, ...others] = (places as (Context | undefined)[]).filter((place) => place !== undefined);
    if (!first) return context.with(ROOT_CONTEXT, work);
    if (others.length === 0) return context.with(first, work);
    const links = others.slice(0, MAX_LINKS).flatMap(linkTo);
    return context.with(first.setValue(LINKS, [...linksOf(first), ...links]), work);
  },
};

/** Starts a trace of its own for orders that share a workflow. */
export const traceOrdersWith =
  (tracer: Tracer): TraceOrders =>
  (orders, work) => {
    const [first] = orders;
    if (orders.length === 1) return context.with(contextOf(first?.traceparent) ?? ROOT_CONTEXT, work);
    const links = orders
      .slice(0, MAX_LINKS)
      .flatMap(({ traceparent }) => linkTo(contextOf(traceparent) ?? ROOT_CONTEXT));
    if (links.length === 0) return context.with(ROOT_CONTEXT, work);
    const span = tracer.startSpan(
      'start group of orders',
      { kind: SpanKind.INTERNAL, links, attributes: { 'checkout.group.size': orders.length } },
      ROOT_CONTEXT,
    );
    return context.with(trace.setSpan(ROOT_CONTEXT, span), work).finally(() => {
      span.end();
    });
  };
