import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { messageOf } from '../../harness/api/errors.ts';
import { waitAtMost } from '../../harness/wait-for.ts';
import { applicationOf } from '../model/application.ts';
import { World } from '../model/world.ts';
import type { Servers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import type { Mutants } from './mutant.ts';
import { mutateDatabase } from './mutated-database.ts';
import type { Change } from './mutation.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios/index.ts';

export interface MutationSiteOptions {
  readonly name: string;
  readonly servers: Servers;
  readonly mutants: Mutants;
  readonly folder: string;
}

/** A shop in which one mutation after another is tried: its application is compiled anew each time, and nothing else changes. */
export interface MutationSite {
  /**
   * @param changes none: the product as it is
   * @param scenarios with the same settings
   * @returns what is wrong; throws when the mutation could not be tried
   */
  tryOut(name: string, changes: readonly Change[], scenarios: readonly ScenarioName[]): Promise<Finding[]>;
  stop(): Promise<void>;
}

export interface Finding {
  readonly scenario: ScenarioName;
  readonly what: string;
}

/** In a shop with a mutation some orders may never end. */
const SCENARIO_TIMEOUT_MS = 90_000;
const QUIESCE_TIMEOUT_MS = 25_000;

export async function startMutationSite({
  name: site,
  servers,
  mutants,
  folder,
}: MutationSiteOptions): Promise<MutationSite> {
  const application = join(folder, `${site}-application`);
  let running = '';
  const write = (product: string, settings: Scenario['settings'] = {}) => {
    running = JSON.stringify([product, settings]);
    return applicationOf(product, application, settings);
  };
  const built = write(await mutants.compile('original', []));
  // In a group the orders share their steps; in workflows of their own each order has the defect.
  const settings = { CHECKOUT_BATCHING: 'off' };
  const shop = await startShop({ name: site, servers, built, folder, settings });

  return {
    async tryOut(name, changes, scenarios) {
      const before = running;
      const [first] = scenarios.map((scenario): Scenario => SCENARIOS[scenario]);
      write(await mutants.compile(name, changes), first?.settings);
      if (running !== before) await restartApplication(shop);
      const restoreDatabase = await mutateDatabase(shop.pool, changes);
      const found: Finding[] = [];
      try {
        for (const [n, scenario] of scenarios.entries()) {
          await endFaults(shop);
          const world = await World.open(shop, `${name.replaceAll('_', '-')}-${n}`);
          const observed = waitAtMost(
            SCENARIO_TIMEOUT_MS,
            'the scenario is over',
            observe(world, SCENARIOS[scenario]),
          );
          const wrong = await observed.catch(findingOf);
          found.push(...wrong.map((what) => ({ scenario, what })));
        }
      } finally {
        await restoreDatabase();
        await terminateWorkflows(shop);
      }
      return found;
    },
    stop: () => shop.stop(),
  };
}

/** Something that does not happen in time is a finding; an SQL statement of the scenario that fails is an error of the proof. */
function findingOf(error: unknown): string[] {
  if (error instanceof pg.DatabaseError) throw error;
  return [messageOf(error)];
}

async function observe(world: World, scenario: Scenario): Promise<string[]> {
  const found = await scenario.run(world);
  if (found.length > 0 || scenario.bare) return found;
  await world.quiesce(QUIESCE_TIMEOUT_MS);
  return world.check();
}

/** Starts the application from the file as it is now. */
async function restartApplication({ apps: [app] }: Shop): Promise<void> {
  const pid = app.pid();
  if (pid === undefined) throw new Error('the application does not run');
  const died = app.death();
  process.kill(pid, 'SIGKILL');
  await died;
  await app.ready();
}

async function endFaults({ provider }: Shop): Promise<void> {
  await provider.control('/faults/reset');
  await provider.control('/smtp', { mode: 'accept' });
}

const PAUSE_MS = 500;

/** The workflows that a mutation has left running must not disturb the next one. The relay may be about to start one more. */
async function terminateWorkflows({ temporal }: Shop): Promise<void> {
  for (let found = true; found;) {
    found = false;
    for await (const { workflowId } of temporal.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
      found = true;
      await temporal.workflow
        .getHandle(workflowId)
        .terminate('left running by a mutation')
        .catch(() => undefined); // it has ended in the meantime
    }
    if (found) await delay(PAUSE_MS);
  }
}
