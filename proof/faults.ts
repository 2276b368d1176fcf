import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { auditClean } from './audit.ts';
import { FAULTS, NETWORK_FAULTS, type Fault, type Site } from './fault-kinds.ts';
import { startLoad } from './load.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { randomOf, type Random } from './random.ts';
import { violationLine } from './report.ts';
import { untilAllOver, wrongEnds } from './quiesce.ts';
import { startServers } from './servers.ts';
import { startShop } from './shop.ts';
import { startToxiproxy, toxiproxyPath } from '../harness/toxiproxy.ts';

export interface FaultsPlan {
  /** What breaks, one or two at a time. */
  readonly cases: readonly (readonly Fault[])[];
  /** Checkouts of their own side by side: much of the time goes by in waiting until all is well again. */
  readonly sites: number;
  readonly ordersPerSecond: number;
  readonly network: boolean;
}

const singles = FAULTS.map((fault) => [fault]);
const pairs = FAULTS.flatMap((first, n) => FAULTS.slice(n + 1).map((second) => [first, second]));
const networkSingles = NETWORK_FAULTS.map((fault) => [fault]);

const FULL: FaultsPlan = {
  cases: [...singles, ...networkSingles, ...pairs],
  sites: 3,
  // Together as much as a machine of two cores takes: what is measured is how it heals, not how it catches up.
  ordersPerSecond: 8,
  network: true,
};
const QUICK: FaultsPlan = { cases: singles, sites: 2, ordersPerSecond: 15, network: false };

export const HEALED_WITHIN_MS = 60_000;
/** Before the fault, so that orders are under way everywhere. */
const CALM_MS = 700;
/** The second fault of a pair comes so much later at most. */
const STAGGER_MS = 800;
/** At the mail server each order is asked for by itself, so only so many are. */
const MAILS_CHECKED = 25;

/** Everything a checkout stands on fails under load, alone and in pairs, and comes back. */
export const faultsPart: Part = {
  name: 'faults',
  run: (context) => runFaults(context, context.quick ? QUICK : FULL),
};

export async function runFaults(context: ProofContext, plan: FaultsPlan): Promise<PartResult> {
  const random = randomOf(context.seed);
  const notes: string[] = [];
  const violations: Violation[] = [];
  let toxiproxy: string | undefined;
  if (plan.network) {
    try {
      toxiproxy = await toxiproxyPath('.data');
    } catch (error) {
      const why = `Network faults were skipped: ${error instanceof Error ? error.message : String(error)}.`;
      notes.push(why);
      if (process.env['CI']) violations.push({ at: 'network faults', what: why });
    }
  }
  const queue = plan.cases.filter(
    (faults) => toxiproxy !== undefined || !faults.some((fault) => NETWORK_FAULTS.includes(fault)),
  );
  const total = queue.length;
  const faults: Record<string, number> = {};
  const recoveries: Recovery[] = [];
  let orders = 0;
  let done = 0;
  const broken = (violation: Violation): void => {
    violations.push(violation);
    console.log(violationLine(violation));
  };
  const work = async (site: Site): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const kind = next.map(({ name }) => name).join(' + ');
      try {
        const outcome = await runCase(
          site,
          next,
          plan.ordersPerSecond,
          `${context.seed}-${total - queue.length}`,
          random,
        );
        orders += outcome.orders;
        recoveries.push({ kind, ms: outcome.ms });
        for (const what of outcome.found) broken({ at: kind, what });
      } catch (error) {
        broken({ at: kind, what: error instanceof Error ? error.message : String(error) });
      }
      for (const { name } of next) faults[name] = (faults[name] ?? 0) + 1;
      done += 1;
      context.progress(done, total, `${orders} orders`);
    }
  };
  const sites: StoppableSite[] = [];
  try {
    for (let n = 1; n <= plan.sites; n += 1) sites.push(await startSite(context, `site_${n}`, toxiproxy));
    await Promise.all(sites.map(work));
  } finally {
    await Promise.all(sites.map((site) => site.stop()));
  }
  return {
    title: 'Faults under load',
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${total} cases, each fault alone and with each other one, under ${plan.ordersPerSecond} orders a second on each of ${plan.sites} checkouts, of two processes with workers each.`,
      ...notes,
    ],
  };
}

interface StoppableSite extends Site {
  stop(): Promise<void>;
}

async function startSite(
  context: ProofContext,
  name: string,
  toxiproxy: string | undefined,
): Promise<StoppableSite> {
  const folder = join(context.folder, name);
  mkdirSync(folder, { mode: 0o711 });
  const network = toxiproxy === undefined ? undefined : await startToxiproxy(toxiproxy);
  const servers = await startServers({ ...context, folder });
  const shop = await startShop({
    name: 'shop',
    servers,
    built: await context.built(),
    folder,
    workers: 2,
    ...(network && { route: (upstream, port) => network.route(upstream, port) }),
  });
  return {
    servers,
    shop,
    network,
    async stop() {
      await shop.stop();
      await servers.stop();
      await network?.stop();
    },
  };
}

interface Outcome {
  readonly orders: number;
  /** From the end of the last fault to the end of the last order. */
  readonly ms: number;
  readonly found: string[];
}

async function runCase(
  site: Site,
  faults: readonly Fault[],
  ordersPerSecond: number,
  prefix: string,
  random: Random,
): Promise<Outcome> {
  const since = Math.floor(Date.now() / 1000);
  const load = startLoad(site.shop, ordersPerSecond, prefix, random);
  await delay(CALM_MS);
  await Promise.all(
    faults.map(async (fault, n) => {
      await delay(n === 0 ? 0 : random.next() * STAGGER_MS);
      await fault.begin(site);
      await delay(fault.lastsMs);
      await fault.end(site);
    }),
  );
  const endedAt = performance.now();
  await load.stop();
  await untilAllOver(site.shop, 2 * HEALED_WITHIN_MS);
  const ms = performance.now() - endedAt;

  const found = await auditClean(site.shop, {
    since,
    mailsOf: load.placed.slice(-MAILS_CHECKED).map(({ orderId }) => orderId),
  });
  found.push(...(await wrongEnds(site.shop, load.placed)));
  if (ms > HEALED_WITHIN_MS) found.push(`healed only after ${Math.round(ms / 1000)} s`);
  return { orders: load.placed.length, ms, found };
}
