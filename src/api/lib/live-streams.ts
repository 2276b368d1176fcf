import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BroadcastSubscription } from './broadcast.ts';
import type { Api } from './types.ts';

/** How often a comment is sent, so that proxies do not close the stream and the client knows that it is still connected. Milliseconds. */
const HEARTBEAT_MS = 5_000;
const HEARTBEAT = ': heartbeat\n\n';
/** Sent at once, so that the client knows that it is connected. `retry`: how long it waits before it reconnects, in milliseconds. */
const GREETING = 'retry: 1000\n: connected\n\n';

export interface LiveStream<T> {
  subscription: BroadcastSubscription<T>;
  /** The frames of a value, or an empty text. */
  toFrames: (value: T) => string;
  /** Asked with each heartbeat: the stream ends with the session of its operator. */
  mayContinue: () => Promise<boolean>;
}

/** Answers requests with streams that end only with their client, their session or the server. */
export interface LiveStreams {
  /** Sets the headers of the response, and returns its body. */
  open<T>(request: FastifyRequest, reply: FastifyReply, stream: LiveStream<T>): Readable;
}

/** Ends its streams when the server closes, which would wait for them otherwise. */
export function createLiveStreams(app: Api): LiveStreams {
  const open = new Set<() => void>();
  app.addHook('preClose', (done) => {
    for (const close of open) close();
    done();
  });

  return {
    open(request, reply, stream) {
      let isOpen = true;
      const { socket } = request.raw;
      const close = (): void => {
        isOpen = false;
        stream.subscription.close();
        open.delete(close);
        socket.off('close', close);
      };
      open.add(close);
      socket.once('close', close);
      reply.type('text/event-stream').headers({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      return Readable.from(frames(stream, () => isOpen)).once('close', close);
    },
  };
}

async function* frames<T>(
  { subscription, toFrames, mayContinue }: LiveStream<T>,
  isOpen: () => boolean,
): AsyncGenerator<string, void, void> {
  yield GREETING;
  let beatAt = performance.now() + HEARTBEAT_MS;
  while (isOpen()) {
    const value = await subscription.next(Math.max(0, beatAt - performance.now()));
    const text = value === undefined ? '' : toFrames(value);
    if (text !== '') yield text;
    if (performance.now() < beatAt) continue;
    // Whoever cannot be recognised now is asked again when the client reconnects.
    if (!(await mayContinue().catch(() => false))) return;
    yield HEARTBEAT;
    beatAt = performance.now() + HEARTBEAT_MS;
  }
}

/** One event of a stream. */
export const frameOf = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
