import { runDev } from '../../dev/dev.ts';
import { configOrExit, loadConfig } from '../../src/platform/config.ts';

/** `npm start` with a stand-in for the application. */
await runDev(configOrExit(loadConfig), { sandbox: 'sandbox/main', app: 'test/support/embedded-child' });
