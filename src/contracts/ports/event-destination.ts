/** An event of an order, or of the stock of an item at a location. The outbox has all events in one sequence. */
export interface OutboxEvent {
  /** Its position in the outbox; opaque to everyone outside. */
  readonly cursor: string;
  /** The id of the order, or `stock/<sku>/<location>`. */
  readonly orderId: string;
  /** Counts from 1 for each order, and for each stock of an item at a location. */
  readonly sequence: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurredAt: Date;
  /** The place of its order in a trace. Absent: it has none, or nobody has asked for it. */
  readonly traceparent?: string;
}

/** A destination that the relay delivers every event to: a broker, or all webhook endpoints. */
export interface EventDestination {
  /**
   * Resolves when the destination has stored all events, in this order; then they are not delivered again. Rejects if that is not
   * certain: then all of them are delivered again, so an event may arrive twice.
   */
  deliver(events: readonly OutboxEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface DestinationPlan {
  /** Stable: PostgreSQL keeps the destination's position in the outbox under this name. */
  readonly name: string;
  /** Where it begins to read when it is new. Absent: as the process is configured. */
  readonly start?: 'beginning' | 'now';
  /** The least time between two deliveries, so that events are delivered many at a time. Milliseconds. Absent: none. */
  readonly intervalMs?: number;
  /** Whether anyone wants its events now. If not, the relay does not lease the destination. Absent: always. */
  readonly wanted?: () => Promise<boolean>;
  /** Called by the one process that has leased the destination, and again after a failure. */
  readonly open: () => Promise<EventDestination>;
}
