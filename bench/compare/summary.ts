import { cellOf, type Cell } from '../measure/cell.ts';
import type { Load } from '../measure/load.ts';
import type { RunContext } from '../measure/run-context.ts';
import { VARIANTS, type VariantName } from '../variants/catalogue.ts';
import { promisesOf, type PerformancePromise } from './promises.ts';
import type { Measurement } from './rounds.ts';

/** What is kept of a run: everything that its tables and its picture show. */
export interface Summary extends RunContext {
  /** By scenario and variant; a string says why a variant has failed. */
  readonly cells: Readonly<Record<string, Partial<Record<VariantName, Cell | string>>>>;
  readonly promises: readonly PerformancePromise[];
}

export function summariseRun(context: RunContext, measurements: readonly Measurement[]): Summary {
  const scenarios = [...new Set(measurements.map(({ scenario }) => scenario))];
  return {
    ...context,
    cells: Object.fromEntries(scenarios.map((scenario) => [scenario, cellsOf(measurements, scenario)])),
    promises: promisesOf(measurements),
  };
}

function cellsOf(
  measurements: readonly Measurement[],
  scenario: string,
): Partial<Record<VariantName, Cell | string>> {
  const cells: Partial<Record<VariantName, Cell | string>> = {};
  for (const name of VARIANTS) {
    const results = measurements
      .filter((each) => each.scenario === scenario && each.variant === name)
      .map(({ result }) => result);
    if (results.length === 0) continue;
    const loads = results.filter((result): result is Load => !('failed' in result));
    const failure = results.find((result) => 'failed' in result);
    cells[name] = loads.length > 0 ? cellOf(loads) : (failure?.failed ?? 'failed');
  }
  return cells;
}
