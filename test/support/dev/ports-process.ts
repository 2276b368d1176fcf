import { startOnFreePorts } from '../../../dev/processes/free-ports.ts';

/** Chooses ports, prints them, and keeps them until it is killed: `ports-process.ts <how many>`. */
const names = Array.from({ length: Number(process.argv[2]) }, (_, index) => `port ${index}`);
const ports = await startOnFreePorts(names, (chosen) => Promise.resolve(chosen));
process.stdout.write(`${JSON.stringify(Object.values(ports))}\n`);
setInterval(() => undefined, 1000);
