import type { Machine } from '../lib/machine.ts';
import { NOT_AVAILABLE } from '../report/figures.ts';
import type { Plan } from './plan.ts';

/** Under which conditions a run was measured. */
export interface RunContext {
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly plan: Plan;
  readonly machine: Machine;
  /** Name and version of each engine. */
  readonly engines: readonly string[];
  /** What could not run on this machine, and what to install for it. */
  readonly skipped: readonly string[];
}

/** As names and values, for the terminal and the document. */
export function contextPairs(context: RunContext): [string, string][] {
  const { machine, plan, measuredAt, quick, engines, skipped } = context;
  const { cores, processor, memoryGiB, system, node, temporalSdk, postgres, fsync, otherCores } = machine;
  return [
    ['measured', `${measuredAt.slice(0, 16).replace('T', ' ')} UTC${quick ? ', a quick run' : ''}`],
    ['machine', `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}`],
    ['Node.js', node],
    ['PostgreSQL', `${postgres}, fsync ${fsync}`],
    ['engines', [...engines, `Temporal’s TypeScript SDK ${temporalSdk}`].join('; ')],
    ['plan', `${plan.loadMs / 1_000} s for each load, ${plan.rounds} rounds`],
    [
      'other load',
      otherCores === null
        ? NOT_AVAILABLE
        : `processes outside the benchmark kept ${otherCores.toFixed(2)} cores busy`,
    ],
    ...skipped.map((line): [string, string] => ['skipped', line]),
  ];
}
