import type { IncomingMessage } from 'node:http';

/** Reading stops after this many bytes. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Reading stops after this time. Milliseconds. */
const MAX_MS = 5_000;

/**
 * Reads the rest of a request's body, and drops it. The kernel resets a connection that is closed while the client still
 * sends, and the client may then never see the answer.
 */
export async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let left = MAX_BYTES;
    const timer = setTimeout(done, MAX_MS);
    request.on('data', count).once('end', done).once('close', done).once('error', done).resume();

    function count(chunk: Buffer | string): void {
      left -= chunk.length;
      if (left < 0) done();
    }
    function done(): void {
      clearTimeout(timer);
      request.off('data', count).off('end', done).off('close', done).off('error', done);
      resolve();
    }
  });
}
