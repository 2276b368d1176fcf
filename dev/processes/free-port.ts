import { startOnFreePorts } from './free-ports.ts';

export const freePort = (): Promise<number> =>
  startOnFreePorts(['port'], ({ port }) => Promise.resolve(port));
