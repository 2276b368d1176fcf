/** The entry of a process. */
import { startProcess } from './start-process.ts';

await startProcess();
