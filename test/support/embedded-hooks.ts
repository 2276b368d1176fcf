import { stopAll } from './embedded.ts';

/** Given to mocha by `--require`: the servers of `embedded.ts` end with the last test. */
export const mochaGlobalTeardown = stopAll;
