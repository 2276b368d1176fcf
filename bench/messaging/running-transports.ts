import type { OrderSender } from '../../harness/load/order-sender.ts';
import type { Log } from '../lib/progress.ts';
import type { RunningEngine, System } from '../system/system.ts';
import { startVariant, type RunningVariant } from '../system/variant.ts';
import { openPaidWaiter, type PaidWaiter } from './paid-waiter.ts';
import {
  httpPublisher,
  kafkaPublisher,
  queuesPublisher,
  rabbitMqPublisher,
  zeroMqPublisher,
  type Publisher,
} from './publishers.ts';
import { createPublishingSender } from './publishing-sender.ts';
import { TRANSPORTS, transports, type TransportName } from './transports.ts';

/** A transport that is open, and the variant that it leads to. The processes of its broker count as the variant's engine. */
export interface RunningTransport {
  readonly name: TransportName;
  readonly variant: RunningVariant;
  readonly sender: OrderSender;
}

export interface RunningTransports {
  readonly transports: readonly RunningTransport[];
  /** The hand-written queues, and the one checkout that all other transports lead to. */
  readonly variants: readonly RunningVariant[];
  stop(): Promise<void>;
}

/**
 * One process serves every transport, as in a shop. The relay is measured separately, since the hand-written queues publish no
 * events.
 */
const ROLES = 'api,checkout,notifications,intake';

/** @param log receives a line for each variant that is started */
export async function startTransports(system: System, log: Log): Promise<RunningTransports> {
  const rabbitMq = system.engines.get('rabbitmq');
  const kafka = system.engines.get('kafka');
  const running: RunningTransport[] = [];
  const variants: RunningVariant[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };

  const start = async (...options: Parameters<typeof startVariant>): Promise<Target> => {
    const variant = await startVariant(...options);
    variants.push(variant);
    stops.push(() => variant.stop());
    const waiter = await openPaidWaiter(variant.databaseUrl);
    stops.push(() => waiter.close());
    return { variant, waiter };
  };
  const open = (name: TransportName, { variant, waiter }: Target, publisher: Publisher): void => {
    stops.push(() => publisher.close());
    const { title, broker } = transports[name];
    const pids = broker === undefined ? [] : (system.engines.get(broker)?.pids ?? []);
    const engine = [...new Set([...variant.pids.engine, ...pids])];
    running.push({
      name,
      variant: { ...variant, title, pids: { ...variant.pids, engine } },
      sender: createPublishingSender(publisher, waiter, variant.clientId),
    });
  };

  try {
    log('starting this checkout');
    const checkout = await start(checkoutVariant(system), system, {
      instance: 'messaging',
      usesZeroMq: true,
      env: {
        CHECKOUT_ROLES: ROLES,
        ...(await rabbitMq?.envFor('messaging')),
        ...(await kafka?.envFor('messaging')),
      },
    });
    open('http', checkout, httpPublisher(checkout.variant));
    if (rabbitMq) open('rabbitmq', checkout, await rabbitMqPublisher(await addressOf(rabbitMq)));
    if (kafka) open('kafka', checkout, kafkaPublisher(await addressOf(kafka)));
    open('zeromq', checkout, zeroMqPublisher(checkout.variant.zeroMqCommands));
    if (rabbitMq) {
      log('starting the hand-written queues');
      const queues = await start('rabbitmq', system, { instance: 'queues' });
      const address = await addressOf(rabbitMq);
      open('queues', queues, await queuesPublisher(address, queues.variant.clientId));
    }
    return {
      transports: running.sort((a, b) => TRANSPORTS.indexOf(a.name) - TRANSPORTS.indexOf(b.name)),
      variants,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Target {
  readonly variant: RunningVariant;
  readonly waiter: PaidWaiter;
}

const checkoutVariant = ({ engines }: System): 'grouped' | 'grouped-dev' =>
  engines.has('temporal-postgres') ? 'grouped' : 'grouped-dev';

/** The address at which clients reach a broker: the only variable in the environment that the engine gives. */
export async function addressOf(broker: RunningEngine): Promise<string> {
  const [address] = Object.values(await broker.envFor('messaging'));
  if (address === undefined) throw new Error(`${broker.version} has no address`);
  return address;
}
