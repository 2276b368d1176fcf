import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import fc from 'fast-check';
import { steps, runSteps, type Step } from '../model/commands.ts';
import { applicationOf } from '../model/application.ts';
import { World } from '../model/world.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Violation } from '../report/result.ts';
import { messageOf } from '../../harness/api/errors.ts';
import { startServers, type Servers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';

export interface ModelPlan {
  readonly runs: number;
  /** How many shops run side by side: much of the time is spent waiting. */
  readonly shops: number;
}

const FULL: ModelPlan = { runs: 100, shops: 4 };
const QUICK: ModelPlan = { runs: 8, shops: 2 };

/** How long a list of commands that fails is shrunk. */
const MAX_SHRINK_MS = 90_000;

const PRODUCT = fileURLToPath(new URL('../../dist/src', import.meta.url));

/**
 * Random lists of commands of customers, operators and the provider, with processes that are killed, one after another or at
 * the same time; the result is compared with a simple model of the order.
 */
export const modelPart: Part = {
  name: 'model',
  run: (context) => runModel(context, context.quick ? QUICK : FULL),
};

interface Tally {
  runs: number;
  orders: number;
  readonly commands: Record<string, number>;
}

export async function runModel(context: ProofContext, plan: ModelPlan): Promise<PartResult> {
  const tally: Tally = { runs: 0, orders: 0, commands: {} };
  const servers = await startServers(context);
  try {
    const runs = Array.from({ length: plan.shops }, (_, index) =>
      runInShop(
        context,
        servers,
        index,
        Math.ceil(plan.runs / plan.shops),
        () => {
          context.progress(tally.runs, plan.runs, `${tally.orders} orders`);
        },
        tally,
      ),
    );
    const violations = (await Promise.all(runs)).flat();
    const { restart: killed = 0, fault = 0, outage = 0 } = tally.commands;
    const done = Object.values(tally.commands).reduce((sum, each) => sum + each, 0);
    return {
      title: 'Against a model',
      faults: { 'application killed': killed, 'provider fails for a moment': fault + outage },
      orders: tally.orders,
      recoveries: [],
      violations,
      notes: [
        `${tally.runs} random lists of ${done} commands, each quiesced at its end, with every order, the money at the provider, the stock, the mails and the audit as the model says.`,
      ],
    };
  } finally {
    await servers.stop();
  }
}

/** Runs lists in one shop after another: after a list that fails, the next one runs in a new shop. */
async function runInShop(
  context: ProofContext,
  servers: Servers,
  index: number,
  runs: number,
  progress: () => void,
  tally: Tally,
): Promise<Violation[]> {
  const built = applicationOf(PRODUCT, join(context.folder, 'application'));
  let count = 0;
  let shop: Shop | undefined;
  let failedAt: number | undefined;

  const run = async (list: readonly Step[]): Promise<void> => {
    if (failedAt !== undefined && performance.now() - failedAt > MAX_SHRINK_MS) return;
    count += 1;
    const name = `model_${index}_${count}`;
    shop ??= await startShop({ name, servers, built, folder: context.folder });
    const world = await World.open(shop, name.replaceAll('_', '-'));
    const found = await runSteps(world, list).catch((error: unknown) => [messageOf(error)]);
    if (failedAt === undefined) {
      tally.runs += 1;
      tally.orders += world.orders.length;
      for (const { command } of list) tally.commands[command.type] = (tally.commands[command.type] ?? 0) + 1;
      progress();
    }
    if (found.length === 0) return;
    if (failedAt === undefined) context.progress(tally.runs, tally.runs, 'a list fails, and is shrunk');
    failedAt ??= performance.now();
    await shop.stop();
    shop = undefined;
    throw new Error(found.join('\n'));
  };

  try {
    const details = await fc.check(fc.asyncProperty(steps, run), {
      seed: context.seed + index,
      numRuns: runs,
    });
    if (!details.failed) return [];
    return [violationOf(details, context.seed)];
  } finally {
    await shop?.stop();
  }
}

function violationOf(
  { counterexample, errorInstance, numRuns }: fc.RunDetails<[readonly Step[]]>,
  seed: number,
): Violation {
  const list = (counterexample?.[0] ?? []).map(
    ({ command, inBackground }) => `${JSON.stringify(command)}${inBackground ? ' in the background' : ''}`,
  );
  const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return {
    at: `list ${numRuns} of the model: repeat it with npm run prove -- --only model --seed ${seed}`,
    what: `${what}\n    after ${list.join('\n      ')}`,
  };
}
