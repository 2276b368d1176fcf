import type { Site } from './site.ts';

/** What mends what was broken. */
export type Mend = () => Promise<unknown>;

/** Something that breaks, and the alerts that it sets off. */
export interface Break {
  readonly name: string;
  readonly alerts: readonly string[];
  /** Those that fire only when what had waited arrives, after the repair. */
  readonly alertsAfterRepair?: readonly string[];
  /** Breaks it, and returns how it is mended. */
  begin(site: Site): Promise<Mend>;
}

/** Breaks that are there at the same time. They are mended in the reverse order. */
export interface Act {
  readonly name: string;
  readonly breaks: readonly Break[];
}
