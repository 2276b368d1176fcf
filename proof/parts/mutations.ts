import { join } from 'node:path';
import { messageOf } from '../../harness/api/errors.ts';
import { MUTATIONS } from '../mutations/catalogue/index.ts';
import { createMutants } from '../mutations/mutant.ts';
import type { Mutation } from '../mutations/mutation.ts';
import { startMutationSite, type MutationSite } from '../mutations/mutation-site.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from '../mutations/scenarios/index.ts';
import type { MutationResult, PartResult, Violation } from '../report/result.ts';
import { startServers } from '../system/servers.ts';
import type { Part, ProofContext } from './part.ts';

export interface MutationsPlan {
  readonly mutations: readonly Mutation[];
  /** How many shops run side by side. */
  readonly shops: number;
}

const FULL: MutationsPlan = { mutations: MUTATIONS, shops: 3 };
/** One in the workflow, one in an adapter, and one of orders, of parcels, of returns and of counts in the database. */
const REPRESENTATIVE = [
  'an order fails after its payment, and nothing goes back',
  'the idempotency key of a charge is random',
  'a change is made without its event',
  'the label of a cancelled shipment is not given back',
  'a damaged piece is put back on sale',
  'a count forgets what was sold since',
];
const QUICK: MutationsPlan = {
  mutations: MUTATIONS.filter(({ name }) => REPRESENTATIVE.includes(name)),
  shops: 2,
};

/** Checks the proof itself: known defects are made on purpose, one at a time, and the scenarios must find each of them. */
export const mutationsPart: Part = {
  name: 'mutations',
  run: (context) => runMutations(context, context.quick ? QUICK : FULL),
};

export async function runMutations(context: ProofContext, plan: MutationsPlan): Promise<PartResult> {
  const servers = await startServers(context);
  const sites: MutationSite[] = [];
  try {
    const mutants = await createMutants(join(context.folder, 'mutants'));
    for (let n = 1; n <= plan.shops; n += 1)
      sites.push(await startMutationSite({ name: `site_${n}`, servers, mutants, folder: context.folder }));
    return await tryAll(context, sites, plan.mutations);
  } finally {
    await Promise.all(sites.map((site) => site.stop()));
    await servers.stop();
  }
}

async function tryAll(
  context: ProofContext,
  sites: readonly MutationSite[],
  mutations: readonly Mutation[],
): Promise<PartResult> {
  const scenarios = [...new Set(mutations.map(({ scenario }) => scenario))];
  const violations: Violation[] = [];
  const results = new Map<Mutation, MutationResult>();
  const controls = controlGroups(scenarios).map((group, n) => async (site: MutationSite) => {
    violations.push(...(await control(site, `control_${n + 1}`, group)));
    return 'no mutation';
  });
  const trials = mutations.map((mutation, n) => async (site: MutationSite) => {
    const { result, missed } = await tryMutation(site, `mutation_${n + 1}`, mutation);
    results.set(mutation, result);
    violations.push(...missed);
    return `${result.name}: ${result.caughtBy ?? 'not caught'}`;
  });
  const jobs = [...controls, ...trials];
  const total = jobs.length;
  let done = 0;
  const work = async (site: MutationSite): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const note = await job(site);
      done += 1;
      context.progress(done, total, note);
    }
  };
  await Promise.all(sites.map(work));
  return {
    title: 'Mutations',
    faults: {},
    orders: 0,
    recoveries: [],
    violations,
    mutations: mutations.flatMap((mutation) => results.get(mutation) ?? []),
    notes: [
      `${mutations.length} defects that well-known checkouts and order systems have had were made on purpose, one at a time, in a copy of the product. The ${scenarios.length} scenarios that show them find nothing in the product as it is.`,
    ],
  };
}

/** The scenarios that one control covers: those with settings or records of their own are alone. */
function controlGroups(scenarios: readonly ScenarioName[]): ScenarioName[][] {
  const isAlone = (name: ScenarioName): boolean => {
    const { settings, bare }: Scenario = SCENARIOS[name];
    return settings !== undefined || bare === true;
  };
  const together = scenarios.filter((name) => !isAlone(name));
  return [together, ...scenarios.filter(isAlone).map((name) => [name])].filter(({ length }) => length > 0);
}

/** The scenarios must find nothing in the product without a mutation. */
async function control(
  site: MutationSite,
  name: string,
  scenarios: readonly ScenarioName[],
): Promise<Violation[]> {
  try {
    const found = await site.tryOut(name, [], scenarios);
    return found.map(({ scenario, what }) => ({ at: `without a mutation: ${scenario}`, what }));
  } catch (error) {
    return [{ at: `without a mutation: ${scenarios.join(', ')}`, what: messageOf(error) }];
  }
}

async function tryMutation(
  site: MutationSite,
  name: string,
  mutation: Mutation,
): Promise<{ result: MutationResult; missed: Violation[] }> {
  const began = performance.now();
  try {
    const found = await site.tryOut(name, mutation.changes, [mutation.scenario]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const caughtBy =
      found.length > 0 ? `${summaryOf(found.map(({ what }) => what))} (${seconds} s)` : undefined;
    return {
      result: { name: mutation.name, caughtBy },
      missed: caughtBy === undefined ? [{ at: mutation.name, what: 'no scenario has found it' }] : [],
    };
  } catch (error) {
    return {
      result: { name: mutation.name, caughtBy: undefined },
      missed: [{ at: mutation.name, what: messageOf(error) }],
    };
  }
}

/** The first finding, and the rules of the audit that found something. */
function summaryOf(found: readonly string[]): string {
  const rules = found.flatMap((what) => /^audit, (\w+)/.exec(what)?.[1] ?? []);
  const [model] = found.filter((what) => !what.startsWith('audit, '));
  return [
    ...(model === undefined ? [] : [model.replaceAll(/ord_\w+ ?/g, '').slice(0, 120)]),
    ...(rules.length > 0 ? [`audit: ${[...new Set(rules)].join(', ')}`] : []),
  ].join('; ');
}
