/** The process under test: what `src/app/main.ts` runs, with a control that makes it die at exact points. */
import { loadProcessConfig } from '../../src/app/process-config.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { runProcess } from '../../src/app/process.ts';
import { reportStartFailure } from '../../src/app/start-failure.ts';
import { createCrashControl, type SendMessage } from './crash-control.ts';
import { activityName, type Arming } from './crash-point.ts';

const bundle = process.env['PROOF_WORKFLOW_BUNDLE'];
if (bundle === undefined) throw new Error('PROOF_WORKFLOW_BUNDLE is not set');

const sendMessage: SendMessage = (message, sent = () => undefined) => {
  process.send?.(message, sent);
};

const config = loadProcessConfig();
const logger = createLogger({ level: config.logLevel, component: config.roles.join('+') });

try {
  await runProcess(config, logger, {
    workflowBundle: { codePath: bundle },
    worker(client) {
      const { arm, activityInterceptor, sinks } = createCrashControl(client, sendMessage);
      process.on('message', (message) => {
        if (isArming(message)) arm(message);
      });
      return { interceptors: { activity: [activityInterceptor] }, sinks };
    },
    ready(workers) {
      const names = workers.flatMap(({ options: { taskQueue, activities } }) =>
        [...activities.keys()].map((name) => activityName(taskQueue, name)),
      );
      sendMessage({ type: 'activities', names });
    },
  });
} catch (error) {
  await reportStartFailure(error, config, logger);
  process.exit(1);
}

function isArming(message: unknown): message is Arming {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'arm';
}
