import { randomUUID } from 'node:crypto';
import { cloudEventKey } from '../../src/contracts/messages.ts';

/** A message as a test sends it by any broker. */
export interface TestMessage {
  body: Buffer;
  contentType?: string;
  /** AMQP's `message_id`; a header in Kafka. */
  id?: string;
  /** AMQP's routing key; a header in Kafka. */
  type?: string;
  headers?: Record<string, string>;
}

export interface Sender {
  /** Sends the message until the broker has acknowledged it, or with ZeroMQ until the shop has answered it. */
  send(message: TestMessage): Promise<unknown>;
  close(): Promise<void>;
}

const SOURCE = '/test';

/** The key of {@link event} with this id, and without another source. */
export const keyOf = (eventId: string): string => cloudEventKey(SOURCE, eventId);

/** A CloudEvent in structured mode, and the idempotency key that the intake gives it. */
export function event(
  type: string,
  data: unknown,
  attributes: Record<string, unknown> = {},
): TestMessage & { eventId: string; key: string } {
  const { id: eventId = randomUUID(), source = SOURCE } = attributes as { id?: string; source?: string };
  const document = { specversion: '1.0', source, id: eventId, type, data, ...attributes };
  return {
    eventId,
    key: cloudEventKey(source, eventId),
    body: Buffer.from(JSON.stringify(document)),
    contentType: 'application/cloudevents+json',
  };
}

/** A message that is no CloudEvent. */
export const raw = (text: string, parts: Omit<TestMessage, 'body'> = {}): TestMessage => ({
  body: Buffer.from(text),
  contentType: 'application/json',
  ...parts,
});

export const PLACE = 'com.durable-checkout.order.place.v1';
export const CANCEL = 'com.durable-checkout.order.cancel.v1';
export const PAYMENT = 'com.durable-checkout.payment.event.v1';
export const STOCK = 'com.durable-checkout.stock.sync.v1';
export const RETURN = 'com.durable-checkout.return.receive.v1';
export const SHIPMENT = 'com.durable-checkout.shipment.update.v1';
