/**
 * Queues between three consumers, as RabbitMQ's documentation advises for data that must not be lost: quorum queues, publisher
 * confirms, an acknowledgement only after the step is done and the next message is confirmed, and an inbox table for messages
 * that are delivered twice.
 */
import { Connection, type AsyncMessage } from 'rabbitmq-client';
import type { CheckoutOrder, PaymentRecord } from '../../../src/contracts/temporal/checkout.ts';
import { createSteps, openAdapters, orderOfRequest, type Reserved } from '../lib/steps.ts';
import { serve, setting } from '../lib/serve.ts';
import { envelopeOf, QUEUES } from './envelope.ts';
import { createInbox } from './inbox.ts';

const PREFETCH = 200;
const QUORUM_QUEUE = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;

const adapters = openAdapters();
const { reserve, charge, confirm, notify } = createSteps(adapters);
const inbox = await createInbox(adapters.pool);
const rabbit = new Connection({ url: setting('AMQP_URL'), noDelay: true });
const publisher = rabbit.createPublisher({ confirm: true, maxAttempts: 5 });
const callers = new Map<string, (status: string) => void>();

/** Without a listener the error of a failed step, or of a connection that is re-established, would end the process. */
const printError = (error: unknown): void => {
  console.error(error instanceof Error ? error.message : error);
};
rabbit.on('error', printError);

const publish = (queue: string, orderId: string, body: unknown): Promise<void> =>
  publisher.send(envelopeOf(queue, orderId), body);

/** Acknowledges a message when `handle` has returned. `isNew` is false on a second delivery: the step may have been done already. */
function consume<T>(queue: string, handle: (body: T, isNew: boolean) => Promise<void>) {
  return rabbit.createConsumer(
    { queue, queueOptions: { queue, ...QUORUM_QUEUE }, qos: { prefetchCount: PREFETCH } },
    async ({ messageId = '', body }: AsyncMessage) => {
      await handle(body as T, await inbox.record(messageId));
    },
  );
}

const consumers = [
  consume<{ order: CheckoutOrder }>(QUEUES.reserve, async ({ order }) => {
    const reserved = await reserve(order);
    await publish(QUEUES.charge, order.orderId, { order, reserved });
  }),
  consume<{ order: CheckoutOrder; reserved: Reserved }>(QUEUES.charge, async ({ order, reserved }, isNew) => {
    const payment = await charge(order, reserved, !isNew);
    await publish(QUEUES.finish, order.orderId, { orderId: order.orderId, payment });
  }),
  consume<{ orderId: string; payment: PaymentRecord }>(QUEUES.finish, async ({ orderId, payment }) => {
    const status = await confirm(orderId, payment);
    await notify(orderId);
    callers.get(orderId)?.(status);
  }),
];
for (const consumer of consumers) consumer.on('error', printError);
await Promise.all(
  consumers.map((consumer) => new Promise<void>((resolve) => consumer.once('ready', resolve))),
);

await serve(
  async (request, key) => {
    const order = orderOfRequest('rabbitmq', request.body, key);
    const { orderId } = order;
    const done = new Promise<string>((resolve) => callers.set(orderId, resolve));
    try {
      await publish(QUEUES.reserve, orderId, { order });
      return { orderId, status: await done };
    } finally {
      callers.delete(orderId);
    }
  },
  async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await publisher.close();
    await rabbit.close();
    await adapters.close();
  },
);
