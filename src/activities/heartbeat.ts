import { heartbeat } from '@temporalio/activity';

const EVERY_MS = 2_000;

/** Shows the server that a long call still has its worker; a call shorter than that costs nothing. */
export async function withHeartbeat<T>(run: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    heartbeat();
  }, EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}
