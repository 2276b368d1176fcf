import type { BrokerName } from '../broker-names.ts';
import type { StockSyncResult } from '../http/stock-sync.ts';

/**
 * The content type of a message that stands for a batch of messages which the broker's client could not decompress. Its body has the bytes
 * of the batch.
 */
export const UNREADABLE_BATCH_TYPE = 'application/vnd.durable-checkout.unreadable-batch';

/** A message as a broker has delivered it. */
export interface InboundMessage {
  readonly source: BrokerName;
  /** Its place in the broker, for people to read: `checkout.commands/3@1042`. */
  readonly position: string;
  readonly body: Buffer;
  /** MIME type of the body. */
  readonly contentType?: string;
  /** How the body is compressed, such as `gzip`; absent if it is not, or if its broker has decompressed it. */
  readonly contentEncoding?: string;
  /** The attributes of a CloudEvent in binary mode, by their names without prefix (`id`, `type`, `specversion` …). Otherwise empty. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The id that the broker's headers or properties give: used for a message that is not a CloudEvent. */
  readonly id?: string;
  /** The headers `traceparent` and `tracestate`, where the message has them. */
  readonly trace?: Readonly<Record<string, string>>;
  /** The type that the routing key, the topic or a header gives: used for a message that is not a CloudEvent. */
  readonly type?: string;
}

/** The durable outcome of a message: whatever it is, the message need not be sent again. `id` is the message's own, if it has one. */
export type Receipt = { id?: string } & (
  | { result: 'done'; orderId?: string; status?: string; rows?: StockSyncResult[] }
  /** The command cannot be executed yet: the message is stored and retried here. */
  | { result: 'deferred' }
  | { result: 'dead'; deadLetterId: string; code: string; detail: string }
);

/**
 * Handles a message. Resolves when either the result of its command or the message itself is durable; then the broker may drop it.
 * Rejects only if the process shuts down first: then the broker has to deliver it again. Safe to call twice with the same message.
 */
export type MessageHandler = (message: InboundMessage) => Promise<Receipt>;

/** A message that we publish. */
export interface OutboundMessage {
  /** Exchange, queue or topic. */
  readonly channel: string;
  /** Stable, so that receivers recognise duplicates. */
  readonly id: string;
  readonly type: string;
  /** Messages with the same key stay in order. */
  readonly key: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A connection to a broker, which reconnects by itself. An adapter's `open…` function creates it; it rejects only for errors that
 * waiting cannot cure.
 */
export interface Broker {
  readonly name: BrokerName;
  /** Begins to deliver messages, with at most `maxConcurrent` of them being handled at a time. May be called once. */
  consume(handle: MessageHandler, maxConcurrent: number): Promise<void>;
  /**
   * Resolves when the broker has stored all messages, in this order. Absent if the broker stores nothing. Safe to repeat. If it
   * rejects, the broker may have stored some of them.
   */
  readonly publish?: (messages: readonly OutboundMessage[]) => Promise<void>;
  /** Stops the delivery. Messages that were delivered before may still be acknowledged. */
  pause(): Promise<void>;
  /** Closes the connection; call {@link pause} first. The broker delivers unacknowledged messages again, to another consumer. */
  close(): Promise<void>;
}
