import type { FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../types.ts';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/**
 * Answers what no route is for, before any body is read: 405 with `Allow` where the path exists, else 404. Add it
 * before the routes: it learns of them as they are made.
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
      done(new Problem('not_found', 'There is nothing at this address.'));
      return;
    }
    reply.header('Allow', methods.join(', '));
    done(new Problem('method_not_allowed', `This address takes ${methods.join(', ')}.`));
  });

  function methodsOf({ url }: FastifyRequest): string[] {
    const [path = ''] = url.split('?', 1);
    const matching = [...known.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** `/v1/orders/:orderId/events` matches as the router does; addresses of ours use nothing but whole-segment parameters. */
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
