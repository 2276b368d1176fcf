import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import fc from 'fast-check';
import { steps, runSteps, type Step } from './model/commands.ts';
import { applicationOf } from './model/entry.ts';
import { World } from './model/world.ts';
import type { Part, PartResult, ProofContext, Violation } from './part.ts';
import { startServers, type Servers } from './servers.ts';
import { startShop, type Shop } from './shop.ts';

export interface ModelPlan {
  readonly runs: number;
  /** Shops side by side: much of the time goes by in waiting. */
  readonly lanes: number;
}

const FULL: ModelPlan = { runs: 100, lanes: 4 };
const QUICK: ModelPlan = { runs: 8, lanes: 2 };

/** A list of commands that fails is made shorter for so long. */
const SHRINK_MS = 90_000;

const PRODUCT = fileURLToPath(new URL('../dist/src', import.meta.url));

/**
 * Random lists of commands, by customers, operators, the provider and whoever kills processes, one after the other or
 * beside each other, held against a simple model of the order.
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
    const lanes = Array.from({ length: plan.lanes }, (_, lane) =>
      runLane(
        context,
        servers,
        lane,
        Math.ceil(plan.runs / plan.lanes),
        () => {
          context.progress(tally.runs, plan.runs, `${tally.orders} orders`);
        },
        tally,
      ),
    );
    const violations = (await Promise.all(lanes)).flat();
    const { restart: killed = 0, fault = 0, outage = 0 } = tally.commands;
    const done = Object.values(tally.commands).reduce((sum, each) => sum + each, 0);
    return {
      title: 'Against a model',
      faults: { 'application killed': killed, 'provider fails for a moment': fault + outage },
      orders: tally.orders,
      recoveries: [],
      violations,
      notes: [
        `${tally.runs} random lists of ${done} commands, each ending at rest with every order, the money at the provider, the stock, the mails and the audit as a model has them.`,
      ],
    };
  } finally {
    await servers.stop();
  }
}

/** A lane has a shop of its own; where something went wrong, the next list begins in a new one. */
async function runLane(
  context: ProofContext,
  servers: Servers,
  lane: number,
  runs: number,
  progress: () => void,
  tally: Tally,
): Promise<Violation[]> {
  const built = applicationOf(PRODUCT, join(context.folder, 'application'));
  let count = 0;
  let shop: Shop | undefined;
  let failedAt: number | undefined;

  const run = async (list: readonly Step[]): Promise<void> => {
    if (failedAt !== undefined && performance.now() - failedAt > SHRINK_MS) return;
    count += 1;
    const name = `model_${lane}_${count}`;
    shop ??= await startShop({ name, servers, built, folder: context.folder });
    const world = await World.open(shop, name.replaceAll('_', '-'));
    const found = await runSteps(world, list).catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ]);
    if (failedAt === undefined) {
      tally.runs += 1;
      tally.orders += world.orders.length;
      for (const { command } of list) tally.commands[command.type] = (tally.commands[command.type] ?? 0) + 1;
      progress();
    }
    if (found.length === 0) return;
    if (failedAt === undefined) context.progress(tally.runs, tally.runs, 'a list fails, and is made shorter');
    failedAt ??= performance.now();
    await shop.stop();
    shop = undefined;
    throw new Error(found.join('\n'));
  };

  try {
    const details = await fc.check(fc.asyncProperty(steps, run), {
      seed: context.seed + lane,
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
    ({ command, beside }) => `${JSON.stringify(command)}${beside ? ' beside' : ''}`,
  );
  const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return {
    at: `list ${numRuns} of the model, to be repeated by npm run prove -- --only model --seed ${seed}`,
    what: `${what}\n    after ${list.join('\n      ')}`,
  };
}
