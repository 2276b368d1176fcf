/** `npm run prove`; its results are in docs/proof.md. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { blackoutPart } from './parts/blackout.ts';
import { brokerDownPart } from './parts/broker-down.ts';
import { carrierLostPart } from './parts/carrier-lost.ts';
import { createProof } from './context.ts';
import { crashPart, shippingCrashPart } from './parts/crash.ts';
import { externalChangesPart } from './parts/external-changes.ts';
import { faultsPart } from './parts/faults.ts';
import { groupsPart } from './parts/groups.ts';
import { messagesPart } from './parts/messages.ts';
import { modelPart } from './parts/model.ts';
import { parseOptions } from './options.ts';
import { keepResult, keptResult } from './report/kept-results.ts';
import { slowNeighbourPart } from './parts/slow-neighbour.ts';
import type { Part } from './parts/part.ts';
import { mutationsPart } from './parts/mutations.ts';
import { showProgress } from './report/progress.ts';
import { printResult, writeReport } from './report/report.ts';

const PARTS: readonly Part[] = [
  crashPart,
  shippingCrashPart,
  groupsPart,
  blackoutPart,
  carrierLostPart,
  messagesPart,
  brokerDownPart,
  slowNeighbourPart,
  faultsPart,
  externalChangesPart,
  modelPart,
  mutationsPart,
];
const REPORT = fileURLToPath(new URL('../docs/proof.md', import.meta.url));

const names = PARTS.map(({ name }) => name);
const { quick, only, seed, repeats, hold } = parseOptions(process.argv.slice(2), names);
// On exit, every process that this one has started is ended too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
// Temporal's client retries a call from a timer, which throws when the connection of its shop has been closed in the meantime.
process.on('uncaughtException', (error) => {
  if (error.message === 'Channel has been shut down') return;
  console.error(error);
  process.exit(1);
});
const proof = await createProof({
  quick,
  seed,
  repeats,
  ...(hold !== undefined && { holdMs: hold * 1_000 }),
});
console.log(`seed ${seed}`);
let broken = 0;
for (const part of PARTS.filter(({ name }) => only.includes(name))) {
  const startedAt = new Date();
  const result = await part.run(proof.contextOf(part.name, showProgress(part.name)));
  broken += result.violations.length;
  printResult(result);
  if (!quick) keepResult(part.name, { ...result, startedAt, endedAt: new Date(), seed });
}
// The document has every part: those that did not run now are as in their last run.
const kept = new Map(names.map((name) => [name, keptResult(name)]));
const results = [...kept.values()].filter((result) => result !== undefined);
const missing = names.filter((name) => kept.get(name) === undefined);
if (!quick) writeReport(REPORT, results, missing);
if (broken === 0) rmSync(proof.folder, { recursive: true, force: true });
else console.log(`The logs of the processes are in ${proof.folder}`);
process.exit(broken === 0 ? 0 : 1);
