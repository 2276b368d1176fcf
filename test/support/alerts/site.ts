import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BrokerServer } from '../../../harness/brokers/server.ts';
import { startRabbitMq } from '../../../harness/brokers/rabbitmq.ts';
import { startFreezableProxy, type FreezableProxy } from '../../../harness/freezable-proxy.ts';
import { line, orderRequest } from '../../../harness/orders.ts';
import { endWithThisProcess, temporaryFolder, testLogger } from '../../../harness/servers/test-servers.ts';
import { startOnFreePorts } from '../../../dev/processes/free-ports.ts';
import { startServers, type Servers } from '../../../proof/system/servers.ts';
import { API_KEY, startShop, type Shop, type Upstream } from '../../../proof/system/shop.ts';
import { needTemporalCli } from '../system.ts';
import { openReceiver, type Receiver } from '../webhooks/receiver.ts';

/** The processes of the system: what `dist/src/app/main.js` runs with these roles. */
const ROLES = {
  worker: 'checkout,notifications,fulfilment',
  relay: 'relay',
  intake: 'intake',
} as const;
const METRICS_PORTS = ['app-1', 'worker', 'relay', 'intake'] as const;
export type ProcessName = (typeof METRICS_PORTS)[number];

export const MAX_CONNECTIONS = 100;
/** Orders a second, so that shares have something to be shares of. */
const ORDERS_PER_SECOND = 2;

/** A real system with everything that can be broken, and customers who keep ordering. */
export interface Site {
  readonly shop: Shop;
  readonly servers: Servers;
  /** Between the processes and their servers. */
  readonly postgres: FreezableProxy;
  readonly temporal: FreezableProxy;
  readonly rabbitMq: BrokerServer;
  readonly receiver: Receiver;
  /** What Prometheus scrapes: `host:port` of the metrics of each process, by job. */
  readonly targets: Readonly<Record<'checkout' | 'temporal', readonly string[]>>;
  /** Sends a signal to a process; it is not started again. */
  signal(process: ProcessName, signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../dist/src/app/main.js', import.meta.url));
/** The payment methods of the customers, taking turns. */
const METHODS = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined'];

export async function startSite(): Promise<Site> {
  const folder = temporaryFolder();
  const [servers, rabbitMq, receiver] = await Promise.all([
    startServers({
      folder: join(folder, 'servers'),
      temporalCli: await needTemporalCli(),
      logger: testLogger,
      maxConnections: MAX_CONNECTIONS,
    }),
    startRabbitMq(),
    openReceiver(),
  ]);
  for (const [name, signal] of [
    ['PostgreSQL', 'INT'],
    ['Temporal', 'TERM'],
  ] as const) {
    const pid = servers.pid(name);
    if (pid !== undefined) endWithThisProcess(pid, signal, folder);
  }
  const postgres = await startFreezableProxy(servers.postgresPort);
  const temporal = await startFreezableProxy(servers.temporalPort);
  const proxies: Partial<Record<Upstream, FreezableProxy>> = { postgres, temporal };
  const { shop, targets } = await startOnFreePorts(METRICS_PORTS, async (ports) => ({
    targets: {
      checkout: METRICS_PORTS.map((name) => `127.0.0.1:${ports[name]}`),
      temporal: [new URL(servers.temporalMetricsUrl).host],
    },
    shop: await startShop({
      name: 'alerts',
      servers,
      built: { workerFile: MAIN, workflowBundle: '' },
      folder,
      otherProcesses: ROLES,
      settings: {
        CHECKOUT_ROLES: 'api',
        AMQP_URL: rabbitMq.url,
        DATABASE_POOL_SIZE: '8',
        WEBHOOKS_ALLOW_PRIVATE: 'yes',
        // Each order has a workflow, so that few orders are many tasks.
        CHECKOUT_BATCHING: 'off',
      },
      settingsOf: (name) => ({ METRICS_PORT: String(ports[name as ProcessName]) }),
      route: (upstream, port) => Promise.resolve(proxies[upstream]?.port ?? port),
    }),
  }));
  const leaving = new AbortController();
  const site: Site = {
    shop,
    servers,
    postgres,
    temporal,
    rabbitMq,
    receiver,
    targets,
    signal(name, signal) {
      const pid = name === 'app-1' ? shop.apps[0].pid() : shop.otherProcesses[name]?.pid();
      if (pid === undefined) throw new Error(`${name} does not run`);
      process.kill(pid, signal);
    },
    async stop() {
      leaving.abort();
      await customers;
      await shop.stop();
      await Promise.all([postgres.close(), temporal.close()]);
      receiver.close();
      await Promise.all([servers.stop(), rabbitMq.stop()]);
    },
  };
  await shop.api.addWebhookEndpoint({ url: receiver.url });
  const customers = keepOrdering(shop.apiUrl, leaving.signal);
  return site;
}

/** Customers who place an order each, whatever becomes of it. None of them tries again. */
async function keepOrdering(apiUrl: string, signal: AbortSignal): Promise<void> {
  const open = new Set<Promise<unknown>>();
  for (let n = 0; !signal.aborted; n += 1) {
    const method = METHODS[n % METHODS.length] ?? 'pm_card_visa';
    const body = orderRequest({ lines: [line(`item-${(n % 20) + 1}`)], payment: { method } });
    const sent: Promise<unknown> = fetch(`${apiUrl}/v1/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${API_KEY}`,
        'idempotency-key': `"${randomUUID()}"`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal,
    })
      .then((answer) => answer.text())
      .catch(() => undefined)
      .finally(() => open.delete(sent));
    open.add(sent);
    await delay(1_000 / ORDERS_PER_SECOND, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(open);
}
