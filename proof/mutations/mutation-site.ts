import { join } from 'node:path';
import pg from 'pg';
import { applicationOf } from '../model/entry.ts';
import { World } from '../model/world.ts';
import type { Servers } from '../servers.ts';
import { startShop, type Shop } from '../shop.ts';
import { within } from '../../harness/until.ts';
import { patchDatabase, type Editions, type Patch } from './mutant.ts';
import { messageOf } from './message.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';

export interface SiteOptions {
  readonly name: string;
  readonly servers: Servers;
  readonly editions: Editions;
  readonly folder: string;
}

/** A shop that stands for one defect after the other: only its application is another each time. */
export interface PlantedSite {
  /**
   * @param scenarios with the same settings
   * @returns what is wrong; throws where it could not be tried at all
   */
  tryOut(name: string, patches: readonly Patch[], scenarios: readonly ScenarioName[]): Promise<Finding[]>;
  stop(): Promise<void>;
}

export interface Finding {
  readonly scenario: ScenarioName;
  readonly what: string;
}

/** A shop with a defect may never come to rest. */
const SCENARIO_MS = 90_000;
const REST_MS = 25_000;

export async function startPlantedSite({
  name: site,
  servers,
  editions,
  folder,
}: SiteOptions): Promise<PlantedSite> {
  const application = join(folder, `${site}-application`);
  let edition = '';
  const write = (product: string, settings: Scenario['settings'] = {}) => {
    edition = JSON.stringify([product, settings]);
    return applicationOf(product, application, settings);
  };
  const built = write(await editions.patched('original', []));
  // Only where an order has a workflow of its own do all of them have the mistake.
  const settings = { CHECKOUT_BATCHING: 'off' };
  const shop = await startShop({ name: site, servers, built, folder, settings });

  return {
    async tryOut(name, patches, scenarios) {
      const before = edition;
      const [first] = scenarios.map((scenario): Scenario => SCENARIOS[scenario]);
      write(await editions.patched(name, patches), first?.settings);
      if (edition !== before) await startAnew(shop);
      const restore = await patchDatabase(shop.pool, patches);
      const found: Finding[] = [];
      try {
        for (const [n, scenario] of scenarios.entries()) {
          await heal(shop);
          const world = await World.open(shop, `${name.replaceAll('_', '-')}-${n}`);
          const observed = within(SCENARIO_MS, 'the scenario is over', observe(world, SCENARIOS[scenario]));
          const wrong = await observed.catch(findingOf);
          found.push(...wrong.map((what) => ({ scenario, what })));
        }
      } finally {
        await restore();
        await dropRunning(shop);
      }
      return found;
    },
    stop: () => shop.stop(),
  };
}

/** What never comes is a finding; a statement of the scenario's own that fails is a mistake here. */
function findingOf(error: unknown): string[] {
  if (error instanceof pg.DatabaseError) throw error;
  return [messageOf(error)];
}

async function observe(world: World, scenario: Scenario): Promise<string[]> {
  const found = await scenario.run(world);
  if (found.length > 0 || scenario.bare) return found;
  await world.rest(REST_MS);
  return world.check();
}

/** With the application file as it is now. */
async function startAnew({ apps: [app] }: Shop): Promise<void> {
  const pid = app.pid();
  if (pid === undefined) throw new Error('the application does not run');
  const died = app.death();
  process.kill(pid, 'SIGKILL');
  await died;
  await app.ready();
}

async function heal({ provider }: Shop): Promise<void> {
  await provider.control('/faults/reset');
  await provider.control('/smtp', { mode: 'accept' });
}

/** What a defect has left hanging is none of the next one's. */
async function dropRunning({ temporal }: Shop): Promise<void> {
  for await (const { workflowId } of temporal.workflow.list({ query: `ExecutionStatus = 'Running'` }))
    await temporal.workflow
      .getHandle(workflowId)
      .terminate('left by a planted defect')
      .catch(() => undefined); // ended meanwhile
}
