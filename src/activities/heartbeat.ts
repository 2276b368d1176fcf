import { heartbeat } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 2_000;

/** Sends heartbeats while `run` is in progress, so that Temporal notices when the worker dies. A shorter call sends none. */
export async function withHeartbeat<T>(run: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    heartbeat();
  }, HEARTBEAT_INTERVAL_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}
