import { startService, type ServiceProcess } from '../../dev/processes/service-process.ts';
import { waitUntilListening } from '../../dev/processes/listening.ts';
import { endWithThisProcess, temporaryFolder } from '../servers/test-servers.ts';
import type { Companion } from './server.ts';

/**
 * Erlang's port mapper for a single node. RabbitMQ would start one itself, but that one would outlive it, and would not be needed if
 * another process had one on the port.
 */
export function createPortMapper(port: number): Companion {
  let running: ServiceProcess | undefined;
  return {
    async start() {
      if (running?.running() === true) return;
      const folder = temporaryFolder();
      running = await startService({
        command: 'epmd',
        args: ['-port', String(port), '-address', '127.0.0.1'],
        env: { PATH: process.env['PATH'] },
        logFile: `${folder}/epmd.log`,
      });
      endWithThisProcess(running.pid, 'TERM', folder);
      await waitUntilListening(running.pid, port);
    },
    async stop() {
      await running?.stop([
        { signal: 'SIGTERM', waitMs: 2_000 },
        { signal: 'SIGKILL', waitMs: 1_000 },
      ]);
    },
  };
}
