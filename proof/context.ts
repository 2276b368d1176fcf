import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporalCliPath } from '../dev/temporal/cli.ts';
import { createLogger } from '../src/platform/logging.ts';
import { build, type Built } from './system/built.ts';
import type { ProofContext } from './parts/part.ts';

export interface Proof {
  /** The data and the logs of every process. */
  readonly folder: string;
  /** The context of the part with this name. */
  contextOf(part: string, progress: ProofContext['progress']): ProofContext;
}

/** The folder is within the project, on disk: a temporary folder may be in memory. */
export async function createProof({
  quick,
  seed,
  repeats,
  holdMs,
}: Pick<ProofContext, 'quick' | 'seed' | 'repeats'> & Partial<Pick<ProofContext, 'holdMs'>>): Promise<Proof> {
  const logger = createLogger({ level: 'fatal', component: 'proof' });
  const given = process.env['TEMPORAL_CLI'];
  const temporalCli = await temporalCliPath({ given, dataDir: resolve('.data'), logger });
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(resolve('.data', 'proof-'));
  chmodSync(folder, 0o711); // when this runs as root, PostgreSQL runs as a user of its own and must enter it
  let built: Promise<Built> | undefined;
  return {
    folder,
    contextOf(part, progress) {
      const partFolder = join(folder, part);
      mkdirSync(partFolder, { mode: 0o711 });
      return {
        quick,
        seed,
        repeats,
        holdMs,
        folder: partFolder,
        logger,
        temporalCli,
        built: () => (built ??= build(join(folder, 'built'))),
        progress,
      };
    },
  };
}
