import { setTimeout as delay } from 'node:timers/promises';
import { createNamespace, prepareNamespace } from '../../dev/temporal/namespace.ts';

/** A server needs some seconds after it has accepted a namespace before it can be used. */
const USABLE_WITHIN_MS = 30_000;
const POLL_INTERVAL_MS = 200;

/** Creates a namespace for one variant, so that the workers of two variants on one server do not take each other's tasks. */
export async function namespaceFor(
  address: string,
  namespace: string,
): Promise<{ TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string }> {
  await createNamespace(address, namespace);
  const deadline = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await prepareNamespace(address, namespace);
      return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(POLL_INTERVAL_MS);
    }
  }
}
