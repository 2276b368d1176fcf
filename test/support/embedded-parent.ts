import { runScript } from './embedded-process.ts';

/** Starts what `npm start` starts, as npm does: so that the test can kill the one without the other. */
runScript('embedded-dev.ts', [], { stdio: 'ignore' });
