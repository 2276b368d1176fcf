/** The queues of the three consumers. An order that is published by a client goes into the first. */
export const QUEUES = { reserve: 'bench.reserve', charge: 'bench.charge', finish: 'bench.finish' } as const;

/** The message id by which the inbox recognises a message that is delivered again. */
export const envelopeOf = (queue: string, orderId: string) => ({
  routingKey: queue,
  durable: true,
  messageId: `${orderId}/${queue}`,
});
