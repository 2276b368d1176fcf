import type { EngineName } from '../engines/index.ts';

/** How an order can get to where it is paid, in the order in which tables show them. */
export const WAYS = ['http', 'rabbitmq', 'kafka', 'zeromq', 'queues'] as const;
export type WayName = (typeof WAYS)[number];

export interface Way {
  /** What tables call it. */
  readonly title: string;
  readonly about: string;
  /** The broker that it goes through, where that is a process of its own. */
  readonly broker?: EngineName;
}

export const ways: Readonly<Record<WayName, Way>> = {
  http: {
    title: 'by HTTP',
    about: '`POST /v1/orders`, which answers when the order is durable',
  },
  rabbitmq: {
    title: 'by RabbitMQ',
    about: 'quorum queue `checkout.commands`, publisher confirms',
    broker: 'rabbitmq',
  },
  kafka: {
    title: 'by Kafka',
    about: 'topic `checkout.commands`, `acks=all`, a request a message',
    broker: 'kafka',
  },
  zeromq: {
    title: 'by ZeroMQ',
    about: 'a DEALER, answered when the order is durable',
  },
  queues: {
    title: 'hand-written queues',
    about:
      'RabbitMQ between three consumers, an inbox table, no Temporal (`bench/rabbitmq`), publisher confirms',
    broker: 'rabbitmq',
  },
};
