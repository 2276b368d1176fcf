/** An event of an order on its way out, in the order in which all of them are told. */
export interface OutboxEvent {
  /** Its place in the feed; opaque to everyone outside. */
  readonly cursor: string;
  readonly orderId: string;
  /** 1, 2, 3 … within its order. */
  readonly sequence: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurredAt: Date;
}

/** Somewhere that every event is brought to: a broker, or the subscribers by webhook. */
export interface EventDestination {
  /**
   * Resolves when all of them are safe where they were brought to, in this order; then they are not brought again. Rejects
   * where that is not certain: then all of them are brought again, so each may arrive twice.
   */
  deliver(events: readonly OutboxEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface DestinationPlan {
  /** Stable: its place in the feed is kept under this name. */
  readonly name: string;
  /** False: nobody wants its events now, and it is left alone. Absent: always. */
  readonly wanted?: () => Promise<boolean>;
  /** By the one process that serves it; again after a failure. */
  readonly open: () => Promise<EventDestination>;
}
