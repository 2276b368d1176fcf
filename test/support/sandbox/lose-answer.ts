import type { RequestKind } from '../../../sandbox/faults.ts';
import type { SandboxClient } from '../../../harness/sandbox-client.ts';

/**
 * The next request of this kind is carried out, and the shop never hears of it. Stripe's client repeats a request by
 * itself whose connection broke: the first try breaks before anything is done, its repeat after everything is.
 */
export async function loseAnswer(sandbox: SandboxClient, only: RequestKind): Promise<void> {
  await sandbox.post('/faults', { dropBefore: 1, dropAfter: 1, only });
}
