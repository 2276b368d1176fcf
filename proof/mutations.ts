import { join } from 'node:path';
import type { Part, PartResult, Planted, ProofContext, Violation } from './part.ts';
import { DEFECTS, type Defect } from './mutations/defects.ts';
import { createEditions } from './mutations/mutant.ts';
import { startPlantedSite, type PlantedSite } from './mutations/site.ts';
import { messageOf } from './mutations/message.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './mutations/scenarios.ts';
import { startServers } from './servers.ts';

export interface PlantedPlan {
  readonly defects: readonly Defect[];
  /** Shops side by side. */
  readonly lanes: number;
}

const FULL: PlantedPlan = { defects: DEFECTS, lanes: 3 };
/** One in the workflow, one in an adapter, one in the database. */
const REPRESENTATIVE = [
  'an order fails after its payment, and nothing goes back',
  'the idempotency key of a charge is random',
  'a change is made without its event',
];
const QUICK: PlantedPlan = { defects: DEFECTS.filter(({ name }) => REPRESENTATIVE.includes(name)), lanes: 2 };

/** The proof itself is checked: known mistakes are made on purpose, one at a time, and each has to be caught. */
export const plantedPart: Part = {
  name: 'planted',
  run: (context) => runPlanted(context, context.quick ? QUICK : FULL),
};

export async function runPlanted(context: ProofContext, plan: PlantedPlan): Promise<PartResult> {
  const servers = await startServers(context);
  const sites: PlantedSite[] = [];
  try {
    const editions = await createEditions(join(context.folder, 'editions'));
    for (let n = 1; n <= plan.lanes; n += 1)
      sites.push(await startPlantedSite({ name: `site_${n}`, servers, editions, folder: context.folder }));
    return await plantAll(context, sites, plan.defects);
  } finally {
    await Promise.all(sites.map((site) => site.stop()));
    await servers.stop();
  }
}

async function plantAll(
  context: ProofContext,
  sites: readonly PlantedSite[],
  defects: readonly Defect[],
): Promise<PartResult> {
  const scenarios = [...new Set(defects.map(({ scenario }) => scenario))];
  const violations: Violation[] = [];
  const planted = new Map<Defect, Planted>();
  const controls = groupsOf(scenarios).map((group, n) => async (site: PlantedSite) => {
    violations.push(...(await control(site, `control_${n + 1}`, group)));
    return 'no defect';
  });
  const trials = defects.map((defect, n) => async (site: PlantedSite) => {
    const { row, missed } = await plant(site, `defect_${n + 1}`, defect);
    planted.set(defect, row);
    violations.push(...missed);
    return `${row.name}: ${row.caughtBy ?? 'not caught'}`;
  });
  const jobs = [...controls, ...trials];
  const total = jobs.length;
  let done = 0;
  const work = async (site: PlantedSite): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const note = await job(site);
      done += 1;
      context.progress(done, total, note);
    }
  };
  await Promise.all(sites.map(work));
  return {
    title: 'Planted defects',
    faults: {},
    orders: 0,
    recoveries: [],
    violations,
    planted: defects.flatMap((defect) => planted.get(defect) ?? []),
    notes: [
      `${defects.length} mistakes that well-known checkouts have made were made here on purpose, one at a time, in a copy of the product. The ${scenarios.length} scenarios that show them find nothing in the product as it is.`,
    ],
  };
}

/** Those that need nothing of their own share a shop. */
function groupsOf(scenarios: readonly ScenarioName[]): ScenarioName[][] {
  const needsOwn = (name: ScenarioName): boolean => {
    const { settings, bare }: Scenario = SCENARIOS[name];
    return settings !== undefined || bare === true;
  };
  const sharing = scenarios.filter((name) => !needsOwn(name));
  return [sharing, ...scenarios.filter(needsOwn).map((name) => [name])].filter(({ length }) => length > 0);
}

/** The scenarios have to find nothing where there is no defect. */
async function control(
  site: PlantedSite,
  name: string,
  scenarios: readonly ScenarioName[],
): Promise<Violation[]> {
  try {
    const found = await site.tryOut(name, [], scenarios);
    return found.map(({ scenario, what }) => ({ at: `with no defect: ${scenario}`, what }));
  } catch (error) {
    return [{ at: `with no defect: ${scenarios.join(', ')}`, what: messageOf(error) }];
  }
}

async function plant(
  site: PlantedSite,
  name: string,
  defect: Defect,
): Promise<{ row: Planted; missed: Violation[] }> {
  const title = `${defect.name} (pitfall ${defect.pitfall})`;
  const began = performance.now();
  try {
    const found = await site.tryOut(name, defect.patches, [defect.scenario]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const caughtBy =
      found.length > 0 ? `${summaryOf(found.map(({ what }) => what))} (${seconds} s)` : undefined;
    return {
      row: { name: title, caughtBy },
      missed: caughtBy === undefined ? [{ at: title, what: 'nothing has caught it' }] : [],
    };
  } catch (error) {
    return { row: { name: title, caughtBy: undefined }, missed: [{ at: title, what: messageOf(error) }] };
  }
}

/** What the first finding is, and the rules of the audit that found something. */
function summaryOf(found: readonly string[]): string {
  const rules = found.flatMap((what) => /^audit, (\w+)/.exec(what)?.[1] ?? []);
  const [model] = found.filter((what) => !what.startsWith('audit, '));
  return [
    ...(model === undefined ? [] : [model.replaceAll(/ord_\w+ ?/g, '').slice(0, 120)]),
    ...(rules.length > 0 ? [`audit: ${[...new Set(rules)].join(', ')}`] : []),
  ].join('; ');
}
