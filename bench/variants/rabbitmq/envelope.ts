/** The queues between the three consumers; an order that comes by message is put into the first. */
export const QUEUES = { reserve: 'bench.reserve', charge: 'bench.charge', finish: 'bench.finish' } as const;

/** The inbox knows by its id a message that comes again. */
export const envelopeOf = (queue: string, orderId: string) => ({
  routingKey: queue,
  durable: true,
  messageId: `${orderId}/${queue}`,
});
