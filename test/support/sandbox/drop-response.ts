import type { RequestKind } from '../../../sandbox/stripe/faults.ts';
import type { SandboxClient } from '../../../harness/sandbox-client.ts';

/**
 * Executes the next request of this kind without a response to the shop. Stripe's client retries a request whose connection was
 * closed: the first attempt is dropped before it is executed, the retry after it was executed.
 */
export async function dropResponse(sandbox: SandboxClient, only: RequestKind): Promise<void> {
  await sandbox.post('/faults', { dropBefore: 1, dropAfter: 1, only });
}
