import { runScript } from '../run-script.ts';

/** Starts `start-dev.ts` as npm would, so that a test can kill the parent and not the child. */
runScript('dev/start-dev.ts', [], { stdio: 'inherit' });
