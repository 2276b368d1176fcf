import helmet from '@fastify/helmet';
import underPressure from '@fastify/under-pressure';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../types.ts';

/** A loop that lags this far behind answers nobody in time; better to send some away. Milliseconds. */
const MAX_LOOP_DELAY_MS = 1_500;

/** Security headers for what browsers see, and a door that closes while the process cannot keep up. */
export async function addProtection(app: Api): Promise<void> {
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
        // Swagger's page sets styles on its elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
    // TLS ends before us, and whoever ends it says whether plain HTTP is over for good.
    strictTransportSecurity: false,
  });
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_LOOP_DELAY_MS,
    pressureHandler(request, _reply, _type, value) {
      // Without a single sample in its last second the measure is infinite: that was a pause, and it is over.
      if (!Number.isFinite(value) || request.routeOptions.config.rateLimit === false) return undefined;
      return Promise.reject(new Problem('unavailable', 'The service is overloaded.'));
    },
  });
}
