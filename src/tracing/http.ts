import {
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { ObserveHttpCall, TraceRequest } from '../contracts/ports/tracing.ts';
import { startSpan } from './spans.ts';

/** Probes and the files of the board would fill the traces, and a stream lasts for as long as its reader. */
const UNTRACED = /^\/($|[a-z]+z$|board|docs|openapi|favicon)|\/(events|live)$/;

/** A span for each request, named by its route, never by its URL, which may name a customer. */
export const traceRequestsWith =
  (tracer: Tracer): TraceRequest =>
  ({ method, route = 'unmatched', scheme, headers }, next) => {
    if (UNTRACED.test(route)) {
      next();
      return () => undefined;
    }
    const parent = propagation.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = tracer.startSpan(
      `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'http.route': route, 'url.scheme': scheme },
      },
      parent,
    );
    context.with(trace.setSpan(parent, span), next);
    return (status) => {
      if (span.isRecording()) {
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) {
          span.setAttribute('error.type', String(status));
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
      }
      span.end();
    };
  };

/** A span for each request to Stripe and EasyPost. They are not told of the trace: it is none of their business. */
export const observeHttpCallsWith =
  (tracer: Tracer): ObserveHttpCall =>
  ({ method, host, port, template }) => {
    const span = startSpan(tracer, `${method} ${template}`, SpanKind.CLIENT, {
      'http.request.method': method,
      'server.address': host,
      'server.port': port,
      'url.template': template,
    });
    if (!span) return () => undefined;
    return (result) => {
      const failed = 'error' in result || result.status >= 400;
      if ('status' in result) span.setAttribute('http.response.status_code', result.status);
      if (failed) {
        span.setAttribute('error.type', 'error' in result ? result.error : String(result.status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    };
  };
