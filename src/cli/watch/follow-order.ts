import type { OrderEvent } from '../../contracts/http/order.ts';
import { pauseBefore } from '../../domain/backoff.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import { ApiError } from '../../../harness/api/errors.ts';
import { isOver, pause } from '../../../harness/pause.ts';
import { readEventStream } from '../../../harness/api/event-stream.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Whether to stop after this event. */
  readonly isLast: (event: OrderEvent) => boolean;
  /** Called when the connection is lost. It is then made again, after the last event received. */
  readonly onLost: (error: unknown) => void;
}

const RETRY = { firstMs: 200, maxMs: 2_000 };

/**
 * The events of an order, each once and in order, until `isLast` or the signal.
 * @throws when the first connection fails; later it connects again for as long as it takes
 */
export async function* followOrder(
  api: ApiClient,
  orderId: string,
  { signal, isLast, onLost }: FollowOptions,
): AsyncGenerator<OrderEvent> {
  let lastId: string | undefined;
  let sequence = 0;
  let connected = false;
  let failures = 0;
  while (!isOver(signal)) {
    try {
      const body = await api.streamEvents(orderId, lastId, signal);
      if (body === undefined) return;
      connected = true;
      for await (const { id, data } of readEventStream(body)) {
        failures = 0;
        lastId = id;
        const event = parseEvent(data);
        if (event === undefined || event.sequence <= sequence) continue;
        sequence = event.sequence;
        yield event;
        if (isLast(event)) return;
      }
    } catch (error) {
      if (isOver(signal)) return;
      if (!connected || (error instanceof ApiError && error.status < 500 && error.status !== 429))
        throw error;
      if (failures === 0) onLost(error);
    }
    await pause(pauseBefore(failures, RETRY), signal);
    failures += 1;
  }
}

/** Undefined for a message that is no event, such as a heartbeat with data. */
function parseEvent(data: string): OrderEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isEvent = (value: unknown): value is OrderEvent =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'sequence' in value &&
  typeof value.sequence === 'number';
