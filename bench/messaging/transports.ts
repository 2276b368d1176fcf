import type { EngineName } from '../engines/engine.ts';

/** The transports by which an order can be placed, in the order in which tables show them. */
export const TRANSPORTS = ['http', 'rabbitmq', 'kafka', 'zeromq', 'queues'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

export interface Transport {
  /** Its name in tables. */
  readonly title: string;
  readonly about: string;
  /** The broker, where it is a process of its own. */
  readonly broker?: EngineName;
}

export const transports: Readonly<Record<TransportName, Transport>> = {
  http: {
    title: 'by HTTP',
    about: '`POST /v1/orders`, answered when the order is durable',
  },
  rabbitmq: {
    title: 'by RabbitMQ',
    about: 'quorum queue `checkout.commands`, publisher confirms',
    broker: 'rabbitmq',
  },
  kafka: {
    title: 'by Kafka',
    about: 'topic `checkout.commands`, `acks=all`, one request for each message',
    broker: 'kafka',
  },
  zeromq: {
    title: 'by ZeroMQ',
    about: 'a DEALER socket, answered when the order is durable',
  },
  queues: {
    title: 'hand-written queues',
    about:
      'RabbitMQ queues between three consumers, an inbox table, no Temporal (`bench/variants/rabbitmq`), publisher confirms',
    broker: 'rabbitmq',
  },
};
