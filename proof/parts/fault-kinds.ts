import { parentOf, findProcesses, trySignal } from '../../dev/processes/process-table.ts';
import type { Servers, ServerName } from '../system/servers.ts';
import type { Shop, Upstream } from '../system/shop.ts';
import type { Toxiproxy } from '../../harness/toxiproxy.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

/** One checkout, and everything of it that can be broken. */
export interface Site {
  readonly servers: Servers;
  readonly shop: Shop;
  readonly network: Toxiproxy | undefined;
}

export interface Fault {
  readonly name: string;
  /** Milliseconds. */
  readonly durationMs: number;
  begin(site: Site): Promise<void>;
  /** Ends the fault, or waits until something else has ended it. Safe to repeat. */
  end(site: Site): Promise<void>;
}

const SHORT_MS = 2_000;
/** Longer than the heartbeat timeout of an activity (10 s), and than a workflow task may take. */
const SUSPENDED_MS = 12_000;
/** Longer than the timeout of the application's calls to the provider. */
const SLOW_MS = 6_000;
/** Until the fault is ended. */
const OUTAGE_MS = 3_600_000;
const MANY = 100_000;
/** Longer than the timeout of the application's calls to the carrier. */
const SLOW_LABEL_MS = 22_000;

const serverDies = (name: string, server: ServerName, kill: (pid: number) => void): Fault => ({
  name,
  durationMs: SHORT_MS,
  begin({ servers }) {
    const pid = servers.pid(server);
    if (pid !== undefined) kill(pid);
    return Promise.resolve();
  },
  async end({ servers }) {
    await servers.up();
  },
});

const providerFails = (name: string, faults: Readonly<Record<string, number>>): Fault => ({
  name,
  durationMs: SHORT_MS,
  begin: ({ shop }) => shop.provider.control('/faults', faults),
  end: ({ shop }) => shop.provider.control('/faults/reset'),
});

const carrierFails = (name: string, faults: Readonly<Record<string, number>>): Fault => ({
  name,
  durationMs: SHORT_MS,
  begin: ({ shop }) => shop.provider.control('/easypost/faults', faults),
  end: ({ shop }) => shop.provider.control('/easypost/faults/reset'),
});

/** Kills a server and the processes that it has started for its connections. */
export function killWithChildren(pid: number): void {
  const children = findProcesses(() => true).filter((each) => parentOf(each) === pid);
  for (const each of [pid, ...children]) trySignal(each, 'SIGKILL');
}

async function waitUntilAppsReady({ shop }: Site): Promise<void> {
  await Promise.all(shop.apps.map((app) => app.ready()));
}

export const FAULTS: readonly Fault[] = [
  serverDies('PostgreSQL stopped (fast shutdown)', 'PostgreSQL', (pid) => trySignal(pid, 'SIGINT')),
  serverDies('PostgreSQL killed', 'PostgreSQL', killWithChildren),
  serverDies('Temporal killed', 'Temporal', (pid) => trySignal(pid, 'SIGKILL')),
  {
    name: 'application killed',
    durationMs: SHORT_MS,
    begin({ shop }) {
      const pid = shop.apps[0].pid();
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
      return Promise.resolve();
    },
    end: waitUntilAppsReady,
  },
  {
    name: 'worker suspended and resumed',
    durationMs: SUSPENDED_MS,
    begin({ shop }) {
      const pid = shop.apps[1]?.pid();
      if (pid !== undefined) trySignal(pid, 'SIGSTOP');
      return Promise.resolve();
    },
    async end(site) {
      const pid = site.shop.apps[1]?.pid();
      if (pid !== undefined) trySignal(pid, 'SIGCONT');
      await waitUntilAppsReady(site);
    },
  },
  {
    name: 'provider killed',
    durationMs: SHORT_MS,
    begin({ shop }) {
      const pid = shop.sandbox.pid();
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
      return Promise.resolve();
    },
    async end({ shop }) {
      await waitThroughFaults('the provider runs', () => shop.sandbox.pid() !== undefined);
      await shop.sandbox.ready();
    },
  },
  providerFails('provider slower than its timeout', { latencyMs: SLOW_MS }),
  providerFails('provider answers 500', { failNext: MANY }),
  providerFails('provider drops requests before they have an effect', { dropBefore: MANY }),
  providerFails('provider drops answers after the effect', { dropAfter: MANY }),
  {
    name: 'mail server defers',
    durationMs: SHORT_MS,
    begin: ({ shop }) => shop.provider.control('/smtp', { mode: 'defer' }),
    end: ({ shop }) => shop.provider.control('/smtp', { mode: 'accept' }),
  },
];

/** Faults of the carrier, which sells labels and tracks parcels. */
export const CARRIER_FAULTS: readonly Fault[] = [
  {
    name: 'carrier away',
    durationMs: SHORT_MS,
    begin: ({ shop }) =>
      shop.provider.control('/easypost/outage', { until: new Date(Date.now() + OUTAGE_MS).toISOString() }),
    end: ({ shop }) => shop.provider.control('/easypost/faults/reset'),
  },
  carrierFails('carrier drops requests before they have an effect', { dropBefore: MANY }),
  carrierFails('carrier drops answers after the effect', { dropAfter: MANY }),
  carrierFails('carrier slower than its timeout', { latencyMs: SLOW_LABEL_MS }),
];

const UPSTREAMS: readonly (readonly [Upstream, string])[] = [
  ['postgres', 'PostgreSQL'],
  ['temporal', 'Temporal'],
  ['sandbox', 'the provider'],
];

/** Faults of the network between the application and its servers, made by Toxiproxy. */
export const NETWORK_FAULTS: readonly Fault[] = UPSTREAMS.flatMap(([upstream, title]) => {
  const fault = (name: string, begin: (network: Toxiproxy) => Promise<void>): Fault => ({
    name: `${name} ${title}`,
    durationMs: SHORT_MS,
    begin: async ({ network }) => {
      if (network) await begin(network);
    },
    end: async ({ network }) => network?.reset(),
  });
  return [
    fault('latency to', (network) =>
      network.disturb(upstream, { type: 'latency', attributes: { latency: 500, jitter: 250 } }),
    ),
    fault('connections reset to', (network) =>
      network.disturb(upstream, { type: 'reset_peer', attributes: { timeout: 100 } }),
    ),
    fault('network cut to', (network) => network.cut(upstream)),
  ];
});
