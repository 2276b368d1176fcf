import { runDev } from '../../dev/dev.ts';
import { configOrExit } from '../../src/platform/config.ts';

/** `npm start` with a stand-in for the application. */
await runDev(configOrExit(), { sandbox: 'sandbox/main', app: 'test/support/embedded-child' });
