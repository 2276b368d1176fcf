import { runDev } from '../../../dev/dev.ts';
import { configOrExit, loadConfig } from '../../../src/platform/config.ts';

/** `npm start` with a fake application. */
await runDev(configOrExit(loadConfig), {
  entries: { sandbox: 'sandbox/main', app: 'test/support/dev/fake-app' },
});
