import type { Broker, Receipt } from '../contracts/ports/broker.ts';
import type { Families } from './families.ts';

export const INTAKE_RESULTS = [
  'done',
  'deferred',
  'paused',
  'dead',
] as const satisfies readonly Receipt['result'][];

/** Counts the messages that a broker delivers, when their outcome is durable. */
export function observeBroker(
  { intakeMessages, intakeDuration }: Pick<Families, 'intakeMessages' | 'intakeDuration'>,
  broker: Broker,
): Broker {
  const { name: source } = broker;
  for (const result of INTAKE_RESULTS) intakeMessages.inc({ source, result }, 0);
  const duration = intakeDuration.labels({ source });
  return {
    name: source,
    ...(broker.publish && { publish: broker.publish }),
    ...(broker.resize && { resize: broker.resize }),
    pause: () => broker.pause(),
    close: () => broker.close(),
    consume: (handle, maxConcurrent) =>
      broker.consume(async (message) => {
        const began = performance.now();
        const receipt = await handle(message);
        intakeMessages.inc({ source, result: receipt.result });
        duration.observe((performance.now() - began) / 1_000);
        return receipt;
      }, maxConcurrent),
  };
}
