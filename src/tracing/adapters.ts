import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { SentWebhook, WebhookSender } from '../adapters/webhooks/sender.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { TRACEPARENT } from '../domain/trace-context.ts';
import { contextOf, inTraceOf } from './places.ts';
import { endFailed, startSpan } from './spans.ts';

/** An order is charged in its own trace, also where a group of orders is. */
export const traceCharges = (provider: PaymentProvider): PaymentProvider => ({
  ...provider,
  charge: (request) => inTraceOf(request.traceparent, () => provider.charge(request)),
});

/** A mail is sent in the trace of its order. Its recipient and its text are in no span. */
export const traceMails = (tracer: Tracer, mailer: Mailer, { hostname, port }: URL): Mailer => ({
  ...mailer,
  send: (mail, signal) =>
    inTraceOf(mail.traceparent, async () => {
      const span = startSpan(tracer, 'send mail', SpanKind.CLIENT, {
        'network.protocol.name': 'smtp',
        'server.address': hostname,
        ...(port !== '' && { 'server.port': Number(port) }),
        ...(mail.kind !== undefined && { 'checkout.mail.kind': mail.kind }),
      });
      if (!span) return mailer.send(mail, signal);
      try {
        await mailer.send(mail, signal);
        span.end();
      } catch (error) {
        endFailed(span, error);
        throw error;
      }
    }),
});

/**
 * A webhook is sent in the trace of its order, however much later, and hands it on to its receiver. The place in the trace comes from
 * PostgreSQL with the delivery.
 */
export const traceWebhooks = (tracer: Tracer, sender: WebhookSender): WebhookSender => ({
  ...sender,
  async send(message, signal) {
    const parent = contextOf(message.traceparent);
    if (!parent) return sender.send(message, signal);
    const { hostname, port, protocol } = new URL(message.url);
    const span = tracer.startSpan(
      'POST webhook',
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': 'POST',
          'server.address': hostname,
          'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
          'cloudevents.event_id': message.id,
          ...(message.eventType !== undefined && { 'cloudevents.event_type': message.eventType }),
        },
      },
      parent,
    );
    const here = trace.setSpan(parent, span);
    const headers: Record<string, string> = {};
    propagation.inject(here, headers);
    const handedOn = headers[TRACEPARENT] ?? message.traceparent;
    const sent = await context.with(here, () =>
      sender.send({ ...message, ...(handedOn !== undefined && { traceparent: handedOn }) }, signal),
    );
    const { status, error } = sent.attempt satisfies SentWebhook['attempt'];
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    if (status === undefined || status >= 400) {
      span.setAttribute('error.type', String(status ?? error ?? 'no answer'));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
    return sent;
  },
});
