import { setTimeout as delay } from 'node:timers/promises';
import { createNamespace, prepareNamespace } from '../../dev/temporal/namespace.ts';

/** A server learns of a namespace only some seconds after it has taken it. */
const KNOWN_WITHIN_MS = 30_000;
const POLL_MS = 200;

/** A namespace of its own for a variant, so that two checkouts on one server do not take each other's orders. */
export async function namespaceFor(
  address: string,
  namespace: string,
): Promise<{ TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string }> {
  await createNamespace(address, namespace);
  const deadline = Date.now() + KNOWN_WITHIN_MS;
  for (;;) {
    try {
      await prepareNamespace(address, namespace);
      return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}
