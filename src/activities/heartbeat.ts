import { Context, heartbeat } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 2_000;

/** Sends heartbeats while `run` is in progress, so that Temporal notices when the worker dies. A shorter call sends none. */
export function withHeartbeat<T>(run: () => Promise<T>): Promise<T> {
  return withPosition<undefined, T>(run);
}

/** Where a long activity stands. */
export interface Position<P> {
  /** What the attempt before had kept when its last heartbeat was sent; undefined: begin at the beginning. */
  readonly last: P | undefined;
  /** Keeps a position for the next attempt. It may send an earlier one: what follows it is done again. */
  keep: (position: P) => void;
}

/** Sends the position of `run` with its heartbeats, so that another attempt goes on from there after an error or a crash. */
export async function withPosition<P, T>(run: (position: Position<P>) => Promise<T>): Promise<T> {
  const last = Context.current().info.heartbeatDetails as P | undefined;
  let kept = last;
  const timer = setInterval(() => {
    heartbeat(kept);
  }, HEARTBEAT_INTERVAL_MS);
  try {
    return await run({
      last,
      keep(position) {
        kept = position;
      },
    });
  } catch (error) {
    // The next attempt gets what the last heartbeat had.
    if (kept !== undefined) heartbeat(kept);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
