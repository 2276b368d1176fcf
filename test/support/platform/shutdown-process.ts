import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../../src/platform/logging.ts';
import { installShutdown } from '../../../src/platform/shutdown.ts';

/** Shuts down in two phases and prints each: `shutdown-process.ts <milliseconds of the first phase> [fail]`. */
const [workMs = '0', mode] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
installShutdown({
  logger: createLogger({ level: 'silent' }),
  graceMs: 2000,
  phases: [
    {
      name: 'work',
      run: async () => {
        say('work');
        await delay(Number(workMs));
        if (mode === 'fail') throw new Error('work failed');
        say('work done');
      },
    },
    {
      name: 'base',
      run: () => {
        say('base');
      },
    },
  ],
});
setInterval(() => undefined, 1000);
say('ready');
