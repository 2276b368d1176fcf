/** The message brokers, in the words of the configuration, the logs and the dead letters. */
export const BROKERS = ['rabbitmq', 'kafka', 'zeromq'] as const;
export type BrokerName = (typeof BROKERS)[number];

/** One message as a broker has delivered it. */
export interface InboundMessage {
  readonly source: BrokerName;
  /** Where in the broker it was, for people: `checkout.commands/3@1042`. */
  readonly position: string;
  readonly body: Buffer;
  /** MIME type of the body. */
  readonly contentType?: string;
  /** The attributes of a CloudEvent in binary mode, by their bare names (`id`, `type`, `specversion` …). Else empty. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The broker's own id of the message: that of a message which is no CloudEvent. */
  readonly id?: string;
  /** What the routing key, the topic or a header says that it is: the type of a message which is no CloudEvent. */
  readonly type?: string;
}

/**
 * What has become of a message, durably: whatever it is, the message need not be sent again. `id` is the message's own, where it
 * has one.
 */
export type Receipt = { id?: string } & (
  | { result: 'done'; orderId?: string; status?: string }
  /** It cannot be done yet: it is kept here, and tried again. */
  | { result: 'deferred' }
  | { result: 'dead'; deadLetterId: string; code: string; detail: string }
);

/**
 * Takes a message in. Resolves when what it asks for is durable, or the message itself is; then the broker may forget it.
 * Rejects only where the process ends first: then the broker must deliver it again. Twice does no harm.
 */
export type MessageHandler = (message: InboundMessage) => Promise<Receipt>;

/** A message of ours, on its way out. */
export interface OutboundMessage {
  /** Exchange, queue or topic. */
  readonly channel: string;
  /** Stable: receivers know doubles by it. */
  readonly id: string;
  readonly type: string;
  /** Messages of one key keep their order. */
  readonly key: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A broker that is connected, or on its way to be: it connects again by itself whenever it has to. `openX` of an adapter
 * makes one; it rejects only for what no waiting can cure.
 */
export interface Broker {
  readonly name: BrokerName;
  /** Begins to deliver messages. Up to `atOnce` are handed over before the first of them is done. Once. */
  consume(handle: MessageHandler, atOnce: number): Promise<void>;
  /**
   * Resolves once the broker has all of them safely, in this order; absent where the broker keeps nothing. Safe to repeat. Where
   * it rejects, some of them may be there.
   */
  readonly publish?: (messages: readonly OutboundMessage[]) => Promise<void>;
  /** Delivers nothing more; what is handed over already may still be acknowledged. */
  pause(): Promise<void>;
  /** After {@link pause}: lets go of the connection. What was not acknowledged is delivered again, to someone else. */
  close(): Promise<void>;
}
