import { randomUUID } from 'node:crypto';

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

/** A CloudEvent in structured mode. */
export function event(
  type: string,
  data: unknown,
  attributes: Record<string, unknown> = {},
): TestMessage & { eventId: string } {
  const { id: eventId = randomUUID() } = attributes as { id?: string };
  const document = { specversion: '1.0', source: '/test', id: eventId, type, data, ...attributes };
  return {
    eventId,
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
