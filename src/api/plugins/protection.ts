import helmet from '@fastify/helmet';
import underPressure from '@fastify/under-pressure';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../lib/types.ts';

/** With an event loop that lags this far behind, requests are refused, since none would be answered in time. Milliseconds. */
const DEFAULT_MAX_LOOP_DELAY_MS = 1_500;

/**
 * Milliseconds after the server has begun to listen in which no request is refused. The delay is measured once a second, so that until
 * then it may be the delay of the start, which is over.
 */
const START_GRACE_MS = 2_000;

/** Sets the security headers for browsers, and refuses requests while the process is overloaded. */
export async function addProtection(app: Api, maxEventLoopDelay = DEFAULT_MAX_LOOP_DELAY_MS): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The page of Swagger UI sets styles on its elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
    // A reverse proxy terminates TLS, and decides on this header.
    strictTransportSecurity: false,
  });
  let listeningSince = -Infinity;
  app.addHook('onListen', (done) => {
    listeningSince = performance.now();
    done();
  });
  await app.register(underPressure, {
    maxEventLoopDelay,
    pressureHandler(request, _reply, _type, value) {
      if (performance.now() - listeningSince < START_GRACE_MS) return undefined;
      // The delay is infinite when its last second has no sample: that was a pause of the process, which is over.
      if (!Number.isFinite(value) || request.routeOptions.config.rateLimit === false) return undefined;
      return Promise.reject(new Problem('unavailable', 'The service is overloaded. Try again in a moment.'));
    },
  });
}
