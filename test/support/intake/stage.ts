import { chargeRules } from '../../../src/adapters/stripe/amounts.ts';
import { createDeadLetterStore, type DeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import type { Broker, InboundMessage, MessageHandler, Receipt } from '../../../src/contracts/ports/broker.ts';
import { startIntake, type IntakeOptions } from '../../../src/intake/intake.ts';
import type { Stage } from '../api/app.ts';
import { testLogger } from '../../../harness/servers/test-servers.ts';

export const CLIENT = 'development';

/** An intake on the shop of a test, with its dead letters. */
export interface TestIntake {
  deadLetters: DeadLetterStore;
  stop(): Promise<void>;
}

export async function openTestIntake(
  { orders, returns, fulfilment, stockSync, shop }: Stage,
  brokers: Broker[],
  changes: Partial<IntakeOptions> = {},
): Promise<TestIntake> {
  const deadLetters = createDeadLetterStore(shop.pool);
  const intake = await startIntake({
    brokers,
    deadLetters,
    orders,
    fulfilment,
    returns,
    catalogue: shop.catalogue,
    chargeRules,
    stockSync,
    clientId: CLIENT,
    bodyLimitBytes: 65_536,
    concurrency: 20,
    retryForMs: 3_600_000,
    logger: testLogger,
    ...changes,
  });
  return { deadLetters, stop: () => intake.stop(5_000) };
}

/** A broker whose messages the test delivers itself. */
export interface TestBroker extends Broker {
  deliver(message: Partial<InboundMessage> & { body: Buffer }): Promise<Receipt>;
}

export function createTestBroker(): TestBroker {
  let handler: MessageHandler | undefined;
  return {
    name: 'rabbitmq',
    consume(handle) {
      handler = handle;
      return Promise.resolve();
    },
    pause: () => Promise.resolve(),
    close: () => Promise.resolve(),
    deliver(message) {
      if (!handler)
        throw new Error('The intake does not consume from this broker yet: open the intake first.');
      return handler({ source: 'rabbitmq', position: 'test', attributes: {}, ...message });
    },
  };
}
