import {
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Link,
  type Tracer,
} from '@opentelemetry/api';
import { COMMANDS_CHANNEL, EVENTS_CHANNEL } from '../contracts/messages.ts';
import type { Broker, InboundMessage } from '../contracts/ports/broker.ts';
import type { DestinationPlan, OutboxEvent } from '../contracts/ports/event-destination.ts';
import { TRACEPARENT } from '../domain/trace-context.ts';
import { contextOf, isRecorded } from './places.ts';
import { endFailed } from './spans.ts';

const MAX_LINKS = 64;
/** The extension of a CloudEvent in structured mode. */
const IN_BODY = /"traceparent"\s*:\s*"([0-9a-f-]{55})"/;

/**
 * A span for each message, in the trace that the message names.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export const traceCommands = (tracer: Tracer, broker: Broker): Broker => ({
  ...broker,
  consume: (handle, maxConcurrent) =>
    broker.consume(async (message) => {
      const parent = propagation.extract(ROOT_CONTEXT, traceHeadersOf(message), defaultTextMapGetter);
      const span = tracer.startSpan(
        `process ${COMMANDS_CHANNEL}`,
        {
          kind: SpanKind.CONSUMER,
          attributes: {
            'messaging.system': broker.name,
            'messaging.operation.type': 'process',
            'messaging.operation.name': 'process',
            'messaging.destination.name': COMMANDS_CHANNEL,
          },
        },
        parent,
      );
      try {
        const receipt = await context.with(trace.setSpan(parent, span), () => handle(message));
        span.setAttribute('checkout.message.result', receipt.result);
        span.end();
        return receipt;
      } catch (error) {
        endFailed(span, error);
        throw error;
      }
    }, maxConcurrent),
});

/** In the headers of the broker, or as the extension of a CloudEvent, which may be in its body. */
function traceHeadersOf({ attributes, trace: headers, body }: InboundMessage): Record<string, string> {
  const { traceparent, tracestate } = attributes;
  if (traceparent !== undefined) return { traceparent, ...(tracestate !== undefined && { tracestate }) };
  if (headers) return { ...headers };
  if (!body.includes(TRACEPARENT)) return {};
  const [, inBody] = IN_BODY.exec(body.toString('latin1')) ?? [];
  return inBody === undefined ? {} : { traceparent: inBody };
}

/** A span for each batch of events that a broker is sent, which links to the traces of their orders. The events name these traces. */
export const traceDestination = (tracer: Tracer, plan: DestinationPlan): DestinationPlan => ({
  ...plan,
  async open() {
    const destination = await plan.open();
    return {
      close: () => destination.close(),
      async deliver(events) {
        const links = linksTo(events);
        if (links.length === 0) {
          await destination.deliver(events);
          return;
        }
        const span = tracer.startSpan(
          `send ${EVENTS_CHANNEL}`,
          {
            kind: SpanKind.PRODUCER,
            links,
            attributes: {
              'messaging.system': plan.name,
              'messaging.operation.type': 'send',
              'messaging.operation.name': 'send',
              'messaging.destination.name': EVENTS_CHANNEL,
              'messaging.batch.message_count': events.length,
            },
          },
          ROOT_CONTEXT,
        );
        try {
          await destination.deliver(events);
          span.end();
        } catch (error) {
          endFailed(span, error);
          throw error;
        }
      },
    };
  },
});

function linksTo(events: readonly OutboxEvent[]): Link[] {
  const traces = new Set(events.flatMap(({ traceparent }) => traceparent ?? []));
  const links: Link[] = [];
  for (const traceparent of traces) {
    const there = contextOf(traceparent);
    const place = there && isRecorded(there) ? trace.getSpanContext(there) : undefined;
    if (place) links.push({ context: place });
    if (links.length === MAX_LINKS) break;
  }
  return links;
}
