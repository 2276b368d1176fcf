import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findDifferences } from '../orders/audit.ts';
import { CARRIER_FAULTS, FAULTS, NETWORK_FAULTS, type Fault, type Site } from './fault-kinds.ts';
import { SHIPPING_SHOP, startLoad } from '../orders/load.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { randomOf, type Random } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import { waitUntilAllEnded, wrongEnds } from '../orders/quiesce.ts';
import { startServers } from '../system/servers.ts';
import { startShop } from '../system/shop.ts';
import { messageOf } from '../../harness/api/errors.ts';
import { startToxiproxy, toxiproxyPath } from '../../harness/toxiproxy.ts';

export interface FaultsPlan {
  /** The faults of each case: one or two at a time. */
  readonly cases: readonly (readonly Fault[])[];
  /** How many checkouts run side by side: much of the time is spent waiting for a recovery. */
  readonly sites: number;
  readonly ordersPerSecond: number;
  readonly network: boolean;
}

const singles = FAULTS.map((fault) => [fault]);
const pairs = FAULTS.flatMap((first, n) => FAULTS.slice(n + 1).map((second) => [first, second]));
const networkSingles = NETWORK_FAULTS.map((fault) => [fault]);
const carrierSingles = CARRIER_FAULTS.map((fault) => [fault]);
/** What a request to the carrier meets beside the carrier itself. */
const WITH_CARRIER: readonly string[] = ['PostgreSQL killed', 'Temporal killed', 'application killed'];
const carrierPairs = CARRIER_FAULTS.flatMap((fault) =>
  FAULTS.filter(({ name }) => WITH_CARRIER.includes(name)).map((other) => [fault, other]),
);

const FULL: FaultsPlan = {
  cases: [...singles, ...carrierSingles, ...networkSingles, ...pairs, ...carrierPairs],
  sites: 3,
  // Together as much as a machine with two cores can process: the time to recover is measured, not the time to catch up.
  ordersPerSecond: 8,
  network: true,
};
const QUICK: FaultsPlan = {
  cases: [...singles, ...carrierSingles],
  sites: 2,
  ordersPerSecond: 15,
  network: false,
};

/** With the minute after which a label is tracked whose purchase was not answered in time. */
const MAX_RECOVERY_MS = 120_000;
/** The time before the fault, in which orders reach every step. */
const WARM_UP_MS = 700;
/** The longest time from the first fault of a pair to the second. */
const MAX_STAGGER_MS = 800;
/** The mail server is asked once for each order, so only the mails of so many are compared. */
const MAILS_CHECKED = 25;

/** Everything that a checkout needs fails under load, alone and in pairs, and recovers. */
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
      const why = `Network faults were skipped: ${messageOf(error)}.`;
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
        broken({ at: kind, what: messageOf(error) });
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
      `${total} cases: each fault alone and with each other one, those of the carrier with the death of a process, under ${plan.ordersPerSecond} orders a second on each of ${plan.sites} checkouts with two worker processes each.`,
      'Every fifth order is shipped, and has ended when its parcel was delivered, some seconds after the payment; a label whose purchase was not answered is tracked a minute later. The recovery is the time until the last order has ended.',
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
    ...SHIPPING_SHOP,
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
  await delay(WARM_UP_MS);
  await Promise.all(
    faults.map(async (fault, n) => {
      await delay(n === 0 ? 0 : random.next() * MAX_STAGGER_MS);
      await fault.begin(site);
      await delay(fault.durationMs);
      await fault.end(site);
    }),
  );
  const endedAt = performance.now();
  await load.stop();
  await waitUntilAllEnded(site.shop, 2 * MAX_RECOVERY_MS);
  const ms = performance.now() - endedAt;

  const found = await findDifferences(site.shop, {
    since,
    mailsOf: load.placed.slice(-MAILS_CHECKED).map(({ orderId }) => orderId),
  });
  found.push(...(await wrongEnds(site.shop, load.placed)));
  if (ms > MAX_RECOVERY_MS) found.push(`recovered only after ${Math.round(ms / 1000)} s`);
  return { orders: load.placed.length, ms, found };
}
