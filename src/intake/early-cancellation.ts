import type { DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { FindEarlyCancellation } from '../orders/place-order.ts';
import { readCommand, type CommandOptions } from './read-command.ts';

/**
 * Finds the cancellations that arrived by message before their order, and are stored until it comes. A cancellation that may be of several
 * orders is stored under the last of them: that without a source, whose id the others know too.
 */
export const createEarlyCancellations =
  (deadLetters: Pick<DeadLetterStore, 'cancellationsOf'>, options: CommandOptions): FindEarlyCancellation =>
  async (orderId, formerOrderId = orderId) => {
    for (const { message } of await deadLetters.cancellationsOf([...new Set([orderId, formerOrderId])])) {
      const command = readCommand(message, options);
      if (command.type === 'com.durable-checkout.order.cancel.v1' && command.orderIds.includes(orderId))
        return command.data.reason ?? 'cancelled';
    }
    return undefined;
  };
