import type { Logger } from 'pino';
import type { Endpoint } from './endpoint.ts';
import { openZapAuthenticator, type ZapAuthenticator } from './zap-authenticator.ts';

/** How a listening socket authenticates its clients. */
export interface SocketSecurity {
  /** Options of the socket. */
  readonly options: {
    readonly ipv6: boolean;
    readonly zapDomain?: string;
    readonly plainServer?: true;
    readonly curveServer?: true;
    readonly curveSecretKey?: string;
  };
  /** Has to be closed after the socket. Absent if every client may connect. */
  readonly authenticator: ZapAuthenticator | undefined;
}

const LOOPBACK = /^(ipc:|tcp:\/\/(127\.|localhost|\[::1\]))/;

/**
 * Opens the authenticator of an endpoint that requires credentials. Logs a warning if it requires none and other machines can reach it.
 *
 * @param exposed what every client can do then, for the warning: `can place orders`
 */
export async function secureSocket(
  endpoint: Endpoint,
  exposed: string,
  logger: Logger,
): Promise<SocketSecurity> {
  const { address, plain, curve } = endpoint;
  const requiresCredentials = plain !== undefined || curve !== undefined;
  if (!requiresCredentials && !LOOPBACK.test(address))
    logger.warn({ address }, `ZeroMQ endpoint has no credentials: everyone who reaches it ${exposed}`);
  return {
    options: {
      ipv6: address.includes('['),
      ...(requiresCredentials && { zapDomain: address }),
      ...(plain && { plainServer: true }),
      ...(curve && { curveServer: true, curveSecretKey: curve.secretKey }),
    },
    authenticator: requiresCredentials ? await openZapAuthenticator(endpoint, logger) : undefined,
  };
}
