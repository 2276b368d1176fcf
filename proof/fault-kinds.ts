import { parentOf, findProcesses, trySignal } from '../dev/processes/process-table.ts';
import type { Servers, ServerName } from './servers.ts';
import type { Shop, Upstream } from './shop.ts';
import type { Toxiproxy } from '../harness/toxiproxy.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

/** Everything of one checkout that can be broken. */
export interface Site {
  readonly servers: Servers;
  readonly shop: Shop;
  readonly network: Toxiproxy | undefined;
}

export interface Fault {
  readonly name: string;
  /** How long it lasts, in milliseconds. */
  readonly lastsMs: number;
  begin(site: Site): Promise<void>;
  /** Puts it right, or waits until it has been put right. Safe to call when it already is. */
  end(site: Site): Promise<void>;
}

const SHORT_MS = 2_000;
/** Longer than an activity may be silent (its heartbeat timeout is 10 s), and a workflow task too. */
const FROZEN_MS = 12_000;
/** Longer than the application waits for the provider. */
const SLOW_MS = 6_000;
const MANY = 100_000;

const serverDies = (name: string, server: ServerName, kill: (pid: number) => void): Fault => ({
  name,
  lastsMs: SHORT_MS,
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
  lastsMs: SHORT_MS,
  begin: ({ shop }) => shop.provider.control('/faults', faults),
  end: ({ shop }) => shop.provider.control('/faults/reset'),
});

/** A server with the processes that it has for its connections. */
export function killWithChildren(pid: number): void {
  const children = findProcesses(() => true).filter((each) => parentOf(each) === pid);
  for (const each of [pid, ...children]) trySignal(each, 'SIGKILL');
}

async function appReady({ shop }: Site): Promise<void> {
  await Promise.all(shop.apps.map((app) => app.ready()));
}

export const FAULTS: readonly Fault[] = [
  serverDies('PostgreSQL stopped (fast shutdown)', 'PostgreSQL', (pid) => trySignal(pid, 'SIGINT')),
  serverDies('PostgreSQL killed', 'PostgreSQL', killWithChildren),
  serverDies('Temporal killed', 'Temporal', (pid) => trySignal(pid, 'SIGKILL')),
  {
    name: 'application killed',
    lastsMs: SHORT_MS,
    begin({ shop }) {
      const pid = shop.apps[0].pid();
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
      return Promise.resolve();
    },
    end: appReady,
  },
  {
    name: 'worker frozen and thawed',
    lastsMs: FROZEN_MS,
    begin({ shop }) {
      const pid = shop.apps[1]?.pid();
      if (pid !== undefined) trySignal(pid, 'SIGSTOP');
      return Promise.resolve();
    },
    async end(site) {
      const pid = site.shop.apps[1]?.pid();
      if (pid !== undefined) trySignal(pid, 'SIGCONT');
      await appReady(site);
    },
  },
  {
    name: 'provider killed',
    lastsMs: SHORT_MS,
    begin({ shop }) {
      const pid = shop.sandbox.pid();
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
      return Promise.resolve();
    },
    async end({ shop }) {
      await waitThroughFaults('the provider is up', () => shop.sandbox.pid() !== undefined);
      await shop.sandbox.ready();
    },
  },
  providerFails('provider slower than it is waited for', { latencyMs: SLOW_MS }),
  providerFails('provider answers 500', { failNext: MANY }),
  providerFails('provider drops requests before they have an effect', { dropBefore: MANY }),
  providerFails('provider drops answers after the effect', { dropAfter: MANY }),
  {
    name: 'mail server refuses',
    lastsMs: SHORT_MS,
    begin: ({ shop }) => shop.provider.control('/smtp', { mode: 'refuse' }),
    end: ({ shop }) => shop.provider.control('/smtp', { mode: 'accept' }),
  },
];

const UPSTREAMS: readonly (readonly [Upstream, string])[] = [
  ['postgres', 'PostgreSQL'],
  ['temporal', 'Temporal'],
  ['sandbox', 'the provider'],
];

/** Between the application and what it stands on; by Toxiproxy. */
export const NETWORK_FAULTS: readonly Fault[] = UPSTREAMS.flatMap(([upstream, title]) => {
  const fault = (name: string, begin: (network: Toxiproxy) => Promise<void>): Fault => ({
    name: `${name} ${title}`,
    lastsMs: SHORT_MS,
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
