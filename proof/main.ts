/** `npm run prove`: see docs/proof.md. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { blackoutPart } from './blackout.ts';
import { brokerAwayPart } from './broker-away.ts';
import { createProof } from './context.ts';
import { crashPart } from './crash.ts';
import { faultsPart } from './faults.ts';
import { groupsPart } from './groups.ts';
import { messagesPart } from './messages.ts';
import { modelPart } from './model.ts';
import { parseOptions } from './options.ts';
import { keepResult, keptResult } from './kept-results.ts';
import type { Part } from './part.ts';
import { plantedPart } from './mutations.ts';
import { showProgress } from './progress.ts';
import { printResult, writeReport } from './report.ts';

const PARTS: readonly Part[] = [
  crashPart,
  groupsPart,
  blackoutPart,
  messagesPart,
  brokerAwayPart,
  faultsPart,
  modelPart,
  plantedPart,
];
const REPORT = fileURLToPath(new URL('../docs/proof.md', import.meta.url));

const names = PARTS.map(({ name }) => name);
const { quick, only, seed, repeats } = parseOptions(process.argv.slice(2), names);
// Whichever way it ends, what it has started ends with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
// The client retries a call from a timer, which throws there when the connection of its shop was closed meanwhile.
process.on('uncaughtException', (error) => {
  if (error.message === 'Channel has been shut down') return;
  console.error(error);
  process.exit(1);
});
const proof = await createProof({ quick, seed, repeats });
console.log(`seed ${seed}`);
let broken = 0;
for (const part of PARTS.filter(({ name }) => only.includes(name))) {
  const startedAt = new Date();
  const result = await part.run(proof.contextOf(part.name, showProgress(part.name)));
  broken += result.violations.length;
  printResult(result);
  if (!quick) keepResult(part.name, { ...result, startedAt, endedAt: new Date(), seed });
}
// A part of the proof is not the proof: the others are as they were when they were run last.
const results = names.map(keptResult).filter((result) => result !== undefined);
if (!quick && results.length === names.length) writeReport(REPORT, results);
if (broken === 0) rmSync(proof.folder, { recursive: true, force: true });
else console.log(`What the processes said: ${proof.folder}`);
process.exit(broken === 0 ? 0 : 1);
