/** `npm run prove`: see docs/proof.md. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProof } from './context.ts';
import { crashPart } from './crash.ts';
import { faultsPart } from './faults.ts';
import { modelPart } from './model.ts';
import { parseOptions } from './options.ts';
import type { Part, PartResult } from './part.ts';
import { plantedPart } from './planted.ts';
import { showProgress } from './progress.ts';
import { printResult, writeReport } from './report.ts';

const PARTS: readonly Part[] = [crashPart, faultsPart, modelPart, plantedPart];
const REPORT = fileURLToPath(new URL('../docs/proof.md', import.meta.url));

const names = PARTS.map(({ name }) => name);
const { quick, only, seed } = parseOptions(process.argv.slice(2), names);
// Whichever way it ends, what it has started ends with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const startedAt = new Date();
const proof = await createProof({ quick, seed });
console.log(`seed ${seed}`);
const results: PartResult[] = [];
for (const part of PARTS.filter(({ name }) => only.includes(name))) {
  const result = await part.run(proof.contextOf(part.name, showProgress(part.name)));
  results.push(result);
  printResult(result);
}
// A part of the proof is not the proof.
if (!quick && only.length === names.length)
  writeReport(REPORT, { startedAt, endedAt: new Date(), seed, results });
const broken = results.flatMap(({ violations }) => violations).length;
if (broken === 0) rmSync(proof.folder, { recursive: true, force: true });
else console.log(`What the processes said: ${proof.folder}`);
process.exit(broken === 0 ? 0 : 1);
