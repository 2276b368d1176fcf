import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

/** The program in the npm package for this platform. The wrapper of the package would add a process. */
function program(): string | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json');
    return createRequire(wrapper).resolve(
      `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
    );
  } catch {
    return undefined; // The package has no program for this platform.
  }
}

export const restateInstallHint = (): string | undefined =>
  program() === undefined
    ? `Restate: its npm package has no program for ${process.platform}-${process.arch}`
    : undefined;

/** Starts a single node with all roles. The node stores its log of invocations on disk, in `folder`. */
export async function startRestate({ folder }: EngineOptions): Promise<Engine> {
  const command = program();
  if (command === undefined) throw new Error(restateInstallHint());
  mkdirSync(folder, { recursive: true });
  const { server, ports } = await startOnFreePorts(['ingress', 'admin', 'node'], (chosen) =>
    startOn(chosen, command, folder),
  );
  return {
    version: `Restate ${versionOf(command, ['--version'], /(\d+\.\d+\.\d+)/) ?? 'unknown'}`,
    pids: [server.pid],
    envFor: () =>
      Promise.resolve({
        RESTATE_INGRESS_URL: `http://127.0.0.1:${ports.ingress}`,
        RESTATE_ADMIN_URL: `http://127.0.0.1:${ports.admin}`,
      }),
    databases: [],
    async stop() {
      await server.stop(STOP_STEPS);
    },
  };
}

type Ports = Readonly<Record<'ingress' | 'admin' | 'node', number>>;

async function startOn(
  ports: Ports,
  command: string,
  folder: string,
): Promise<{ server: ServiceProcess; ports: Ports }> {
  const { ingress, admin, node } = ports;
  const health = `http://127.0.0.1:${admin}/health`;
  const server = await startServer(
    {
      command,
      args: ['--no-logo', '--listen-mode', 'tcp'],
      cwd: folder,
      env: {
        RESTATE_BASE_DIR: folder,
        RESTATE_NODE_NAME: 'bench',
        RESTATE_BIND_IP: '127.0.0.1',
        RESTATE_BIND_PORT: String(node),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_LOG_FILTER: 'warn',
        DO_NOT_TRACK: '1',
      },
      logFile: join(folder, 'restate.log'),
    },
    [ingress, admin, node],
    async () => {
      const response = await fetch(health);
      if (!response.ok) throw new Error(`${health} answered ${response.status}`);
    },
  );
  return { server, ports };
}
