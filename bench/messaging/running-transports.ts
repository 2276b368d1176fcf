import type { OrderSender } from '../../harness/load/order-sender.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { startVariant, type RunningVariant } from '../system/running-variant.ts';
import type { RunningEngine, System } from '../system/system.ts';
import { createPaidSender } from './publishing-sender.ts';
import { openPaidWatch, type PaidWatch } from './paid-waiter.ts';
import {
  httpPublisher,
  kafkaPublisher,
  queuesPublisher,
  rabbitMqPublisher,
  zeroMqPublisher,
  type Publisher,
} from './publishers.ts';
import { WAYS, ways, type WayName } from './transports.ts';

/** A way that is open, and what it leads to; the processes of its broker are among the engine's. */
export interface RunningWay {
  readonly name: WayName;
  readonly variant: RunningVariant;
  readonly sender: OrderSender;
}

export interface RunningWays {
  readonly ways: readonly RunningWay[];
  /** What they lead to: one checkout for all but the last. */
  readonly variants: readonly RunningVariant[];
  stop(): Promise<void>;
}

/** One process for every way, as a shop has it. The relay is measured by itself: the hand-written queues tell nobody anything. */
const ROLES = 'api,checkout,notifications,intake';

/** @param tell what is being started */
export async function startWays(system: System, tell: (line: string) => void): Promise<RunningWays> {
  const rabbitMq = system.engines.get('rabbitmq');
  const kafka = system.engines.get('kafka');
  const zeroMq = `tcp://127.0.0.1:${await freePort()}`;
  const running: RunningWay[] = [];
  const variants: RunningVariant[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };

  const start = async (
    ...given: Parameters<typeof startVariant>
  ): Promise<{ variant: RunningVariant; watch: PaidWatch }> => {
    const variant = await startVariant(...given);
    variants.push(variant);
    stops.push(() => variant.stop());
    const watch = await openPaidWatch(variant.databaseUrl);
    stops.push(() => watch.close());
    return { variant, watch };
  };
  const open = (name: WayName, { variant, watch }: Target, publisher: Publisher): void => {
    stops.push(() => publisher.close());
    const { title, broker } = ways[name];
    const pids = broker === undefined ? [] : (system.engines.get(broker)?.pids ?? []);
    const engine = [...new Set([...variant.pids.engine, ...pids])];
    running.push({
      name,
      variant: { ...variant, title, pids: { ...variant.pids, engine } },
      sender: createPaidSender(publisher, watch, variant.clientId),
    });
  };

  try {
    tell('starting this checkout');
    const checkout = await start(checkoutOn(system), system, {
      as: 'messaging',
      env: {
        CHECKOUT_ROLES: ROLES,
        ZEROMQ_COMMANDS: zeroMq,
        ...(await rabbitMq?.envFor('messaging')),
        ...(await kafka?.envFor('messaging')),
      },
    });
    open('http', checkout, httpPublisher(checkout.variant));
    if (rabbitMq) open('rabbitmq', checkout, await rabbitMqPublisher(await addressOf(rabbitMq)));
    if (kafka) open('kafka', checkout, kafkaPublisher(await addressOf(kafka)));
    open('zeromq', checkout, zeroMqPublisher(zeroMq));
    if (rabbitMq) {
      tell('starting the hand-written queues');
      const queues = await start('rabbitmq', system, { as: 'queues' });
      const address = await addressOf(rabbitMq);
      open('queues', queues, await queuesPublisher(address, queues.variant.clientId));
    }
    return { ways: running.sort((a, b) => WAYS.indexOf(a.name) - WAYS.indexOf(b.name)), variants, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Target {
  readonly variant: RunningVariant;
  readonly watch: PaidWatch;
}

const checkoutOn = ({ engines }: System): 'grouped' | 'grouped-dev' =>
  engines.has('temporal-postgres') ? 'grouped' : 'grouped-dev';

/** Where clients find a broker: the one variable that it has for its users. */
export async function addressOf(broker: RunningEngine): Promise<string> {
  const [address] = Object.values(await broker.envFor('messaging'));
  if (address === undefined) throw new Error(`${broker.version} has no address`);
  return address;
}
