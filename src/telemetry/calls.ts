import { CarrierRefused } from '../contracts/ports/carrier.ts';
import { MailerBusy, MailRefused } from '../contracts/ports/mailer.ts';
import {
  ChargeRefused,
  PaymentMissing,
  RefundMadeElsewhere,
  RefundRefused,
} from '../contracts/ports/payment-provider.ts';
import type { Families } from './families.ts';

type ProviderFamilies = Pick<Families, 'providerRequests' | 'providerDuration'>;

/**
 * `refused`: the other side has answered, and says no. `busy`: we have not called it, to keep to its rate. `unavailable`: it has failed, or
 * the outcome is unknown.
 */
export const CALL_RESULTS = ['ok', 'refused', 'busy', 'unavailable'] as const;
type CallResult = (typeof CALL_RESULTS)[number];

const REFUSALS = [
  ChargeRefused,
  RefundRefused,
  RefundMadeElsewhere,
  PaymentMissing,
  CarrierRefused,
  MailRefused,
];

function resultOf(error: unknown): CallResult {
  if (REFUSALS.some((refusal) => error instanceof refusal)) return 'refused';
  return error instanceof MailerBusy ? 'busy' : 'unavailable';
}

/** The names of the methods of a port that return a promise. */
type Operation<T> = {
  [K in keyof T]-?: T[K] extends (...parameters: never[]) => Promise<unknown> ? K : never;
}[keyof T] &
  string;

/** Returns the port with these operations counted and timed; the others are as they were. */
export function observeCalls<T extends object>(
  { providerRequests, providerDuration }: ProviderFamilies,
  provider: string,
  port: T,
  operations: readonly Operation<T>[],
): T {
  const observed = operations.map((operation) => {
    const call: unknown = port[operation];
    if (typeof call !== 'function') throw new TypeError(`${provider} has no operation ${operation}`);
    const count = Object.fromEntries(
      CALL_RESULTS.map((result) => [result, providerRequests.labels({ provider, operation, result })]),
    ) as Record<CallResult, { inc(): void }>;
    const duration = providerDuration.labels({ provider, operation });
    const timed = async (...parameters: unknown[]): Promise<unknown> => {
      const began = performance.now();
      let result: CallResult = 'ok';
      try {
        return (await Reflect.apply(call, port, parameters)) as unknown;
      } catch (error) {
        result = resultOf(error);
        throw error;
      } finally {
        count[result].inc();
        duration.observe((performance.now() - began) / 1_000);
      }
    };
    return [operation, timed] as const;
  });
  return { ...port, ...Object.fromEntries(observed) };
}
