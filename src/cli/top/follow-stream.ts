import { pauseBefore } from '../../domain/backoff.ts';
import { ApiError, TransportError } from '../../../harness/api/errors.ts';
import { readEventStream, type StreamMessage } from '../../../harness/api/event-stream.ts';
import { isOver, pause } from '../../../harness/pause.ts';

export interface FollowStreamOptions {
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onMessage: (message: StreamMessage) => void;
  /** Called when the connection is lost, and again after each attempt that fails. */
  readonly onLost: (error: unknown) => void;
  /** Without a byte for so long the connection is taken for lost. Milliseconds. */
  readonly silentAfterMs?: number;
}

type Body = AsyncIterable<Uint8Array>;

/** The server sends a comment every 5 s. Milliseconds. */
const SILENT_AFTER_MS = 10_000;
const RETRY = { firstMs: 500, maxMs: 10_000 };

/**
 * The messages of a stream that does not end, until the signal. A lost connection is made again, for as long as it takes.
 *
 * @throws when the first connection fails, and when the server refuses the key
 */
export async function followStream(
  open: (signal: AbortSignal) => Promise<Body | undefined>,
  { signal, onMessage, onLost, silentAfterMs = SILENT_AFTER_MS }: FollowStreamOptions,
): Promise<void> {
  let isConnected = false;
  let failures = 0;
  while (!isOver(signal)) {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort();
    }, silentAfterMs);
    try {
      const body = await open(AbortSignal.any([signal, silence.signal]));
      isConnected = true;
      for await (const message of readEventStream(refreshed(body, timer))) {
        failures = 0;
        onMessage(message);
      }
      throw new TransportError('connection_lost', 'The server has ended the connection.');
    } catch (error) {
      if (isOver(signal)) return;
      const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429;
      if (!isConnected || isRefused) throw error;
      onLost(error);
    } finally {
      clearTimeout(timer);
    }
    await pause(pauseBefore(failures, RETRY), signal);
    failures += 1;
  }
}

/** The same bytes. Each of them starts the timer anew. */
async function* refreshed(body: Body | undefined, timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  for await (const chunk of body ?? []) {
    timer.refresh();
    yield chunk;
  }
}
