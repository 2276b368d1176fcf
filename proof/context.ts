import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporalCliPath } from '../dev/temporal/cli.ts';
import { createLogger } from '../src/platform/logging.ts';
import { build, type Built } from './built.ts';
import type { ProofContext } from './part.ts';

export interface Proof {
  /** Holds the data and the logs of every process. */
  readonly folder: string;
  /** What the part of this name is given. */
  contextOf(part: string, progress: ProofContext['progress']): ProofContext;
}

/** The state is on the disk of the checkout: a temporary folder may be in memory. */
export async function createProof({
  quick,
  seed,
  repeats,
}: Pick<ProofContext, 'quick' | 'seed' | 'repeats'>): Promise<Proof> {
  const logger = createLogger({ level: 'fatal', component: 'proof' });
  const given = process.env['TEMPORAL_CLI'];
  const temporalCli = await temporalCliPath({ given, dataDir: resolve('.data'), logger });
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(resolve('.data', 'proof-'));
  chmodSync(folder, 0o711); // PostgreSQL's own user passes through it when we are root
  let built: Promise<Built> | undefined;
  return {
    folder,
    contextOf(part, progress) {
      const own = join(folder, part);
      mkdirSync(own, { mode: 0o711 });
      return {
        quick,
        seed,
        repeats,
        folder: own,
        logger,
        temporalCli,
        built: () => (built ??= build(join(folder, 'built'))),
        progress,
      };
    },
  };
}
