import { ApplicationFailure } from '@temporalio/common';

/** What an activity answers or throws in a script; each for every order that is asked of it. */
type Line = (items: { orderId: string }[]) => Promise<never[]>;

/** Answers the same for each order. */
export const outcome =
  (result: Record<string, unknown>): Line =>
  (items) =>
    Promise.resolve(items.map(({ orderId }) => ({ orderId, paymentIntentId: 'pi_1', ...result }) as never));

/** Worth trying again. */
export const fault = (): Promise<never> => Promise.reject(ApplicationFailure.retryable('a fault', 'Fault'));

/** No quick retry cures it. */
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

/** `line`, so many times. */
export const times = <L>(count: number, line: L): L[] => Array.from({ length: count }, () => line);

export interface Gate {
  /** Resolves when an activity has come to the gate. */
  reached: Promise<void>;
  open(): void;
  /** An activity that is in the middle of its work until the gate is opened. */
  before<T, R>(line: (items: T[]) => Promise<R[]>): (items: T[]) => Promise<R[]>;
}

export function gate(): Gate {
  let open = (): void => undefined;
  let reach = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return {
    reached,
    open,
    before: (line) => async (items) => {
      reach();
      await opened;
      return line(items);
    },
  };
}
