import { ApplicationFailure } from '@temporalio/common';

/** One entry of a script: what an activity returns or throws for every order that it is called with. */
type Behaviour = (items: { orderId: string }[]) => Promise<never[]>;

/** Returns the same for each order. */
export const outcome =
  (result: Record<string, unknown>): Behaviour =>
  (items) =>
    Promise.resolve(items.map(({ orderId }) => ({ orderId, paymentIntentId: 'pi_1', ...result }) as never));

/** A failure that a retry may cure. */
export const fault = (): Promise<never> => Promise.reject(ApplicationFailure.retryable('a fault', 'Fault'));

/** A failure that no retry cures. */
export const refused =
  (type = 'RefundRefused', message = 'no') =>
  (): Promise<never> =>
    Promise.reject(ApplicationFailure.nonRetryable(message, type));

export const succeeded = outcome({ status: 'succeeded', captured: 1_000 });
export const authorized = outcome({ status: 'authorized', captured: 0, capturable: 1_000 });
export const declined = outcome({ status: 'declined', declineCode: 'card_declined' });
export const requiresAction = outcome({ status: 'requires_action', clientSecret: 'secret' });
export const none = outcome({ status: 'none' });
export const reserved = outcome({ status: 'reserved', total: 1_000, currency: 'EUR' });

/** A list of `count` times the same entry. */
export const times = <T>(count: number, entry: T): T[] => Array.from({ length: count }, () => entry);

export interface Gate {
  /** Resolves when an activity waits for the gate to open. */
  reached: Promise<void>;
  open(): void;
  /** An activity that does not continue before the gate is opened. */
  before<T, R>(behaviour: (items: T[]) => Promise<R[]>): (items: T[]) => Promise<R[]>;
}

export function gate(): Gate {
  let open = (): void => undefined;
  let reach = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return {
    reached,
    open,
    before: (behaviour) => async (items) => {
      reach();
      await opened;
      return behaviour(items);
    },
  };
}
