/** The message brokers by the names that the configuration, the logs and the dead letters use. */
export const BROKERS = ['rabbitmq', 'kafka', 'zeromq'] as const;
export type BrokerName = (typeof BROKERS)[number];
