import type { OrderOrigin } from '../contracts/brakes.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';

/**
 * How many messages a broker hands over beyond what is executed, while the intake is paused: those that place orders are held here, not
 * acknowledged, and the others are executed. Behind so many held orders, everything in the queue or topic waits.
 */
export const MAX_HELD = 1_000;

/** Keeps messages that place orders while an operator has paused their intake. The broker keeps them too, as they are not acknowledged. */
export interface HeldOrders {
  /** Resolves at once with false if nothing is paused; otherwise with true after the release: the first to come is the first to go. */
  hold(origin: OrderOrigin): Promise<boolean>;
  /** Whether messages are paused, of all or of some sources. */
  readonly isPaused: () => boolean;
  /** Calls the listener when that may have changed. */
  onChange(listener: () => void): void;
  /** Rejects with this error what is held, and what is held later. */
  stop(reason: Error): void;
}

interface Held {
  origin: OrderOrigin;
  release: (wasHeld: boolean) => void;
  reject: (reason: Error) => void;
}

export function createHeldOrders(brakes: Brakes): HeldOrders {
  let held: Held[] = [];
  let stopped: Error | undefined;
  const listeners: (() => void)[] = [];

  const unsubscribe = brakes.onChange(() => {
    const all = held;
    held = all.filter(({ origin }) => brakes.intake(origin));
    for (const each of all) if (!brakes.intake(each.origin)) each.release(true);
    for (const listener of listeners) listener();
  });

  return {
    hold(origin) {
      if (stopped) return Promise.reject(stopped);
      const brake = brakes.intake(origin);
      if (!brake) return Promise.resolve(false);
      brakes.count(brake);
      return new Promise((release, reject) => held.push({ origin, release, reject }));
    },
    isPaused: () => brakes.all().some(({ kind, target }) => kind === 'intake' && target !== 'http'),
    onChange(listener) {
      listeners.push(listener);
    },
    stop(reason) {
      stopped = reason;
      unsubscribe();
      for (const { reject } of held.splice(0)) reject(reason);
    },
  };
}
