import { BRAKE_KINDS } from '../contracts/brakes.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';
import type { Families } from './families.ts';

/** Counts what brakes refuse or delay. Returns the brakes with that, and what has to be called before the metrics are read. */
export function observeBrakes<T extends Brakes>(
  { brakesActive, brakesAffected }: Pick<Families, 'brakesActive' | 'brakesAffected'>,
  brakes: T,
): { brakes: T; beforeScrape: () => void } {
  for (const kind of BRAKE_KINDS) brakesAffected.inc({ kind }, 0);
  return {
    brakes: {
      ...brakes,
      count(brake) {
        brakesAffected.inc({ kind: brake.kind });
        brakes.count(brake);
      },
    },
    beforeScrape() {
      const on = brakes.all();
      for (const kind of BRAKE_KINDS)
        brakesActive.set({ kind }, on.filter((brake) => brake.kind === kind).length);
    },
  };
}
