import type { Define } from '../support/define.ts';

/** `checkout dev`, which `npm start` runs. Ctrl-C stops everything in order. */
export const define: Define = (command, terminal) => {
  command.action(async () => {
    const { loadConfig } = await import('../../platform/config.ts');
    const config = loadConfig(terminal.env, '.env');
    const { runDev } = await import('../../../dev/dev.ts');
    await runDev(config);
  });
};
