import type { FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../lib/types.ts';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/**
 * Answers a request that matches no route, before its body is read: 405 with `Allow` where the path exists, or else 404. Add
 * it before the routes, since it collects them as they are added.
 */
export function addUnknownRoutes(app: Api): void {
  const known = new Map<string, KnownPath>();

  app.addHook('onRoute', ({ url, method }: RouteOptions) => {
    const path = known.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) path.methods.add(name);
    known.set(url, path);
  });

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const methods = methodsOf(request);
    if (methods.length === 0) {
      done(new Problem('not_found', 'There is no route with this path: see /openapi.json.'));
      return;
    }
    reply.header('Allow', methods.join(', '));
    done(new Problem('method_not_allowed', `This path takes ${methods.join(', ')}.`));
  });

  function methodsOf({ url }: FastifyRequest): string[] {
    const [path = ''] = url.split('?', 1);
    const matching = [...known.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** Matches a URL such as `/v1/orders/:orderId/events` as the router does. Every parameter is a whole segment of the path. */
function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+';
      return segment === '*' ? '.*' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    })
    .join('/');
  return new RegExp(`^${source}$`);
}
