import { fastify } from 'fastify';
import type { Api } from '../../../../src/api/lib/types.ts';
import { EasyPostSandbox } from '../../../../sandbox/easypost/easypost.ts';
import { controlRoutes } from '../../../../sandbox/control/routes.ts';
import { Mailbox } from '../../../../sandbox/smtp/mailbox.ts';
import { SmtpReceiver } from '../../../../sandbox/smtp/server.ts';
import { Faults } from '../../../../sandbox/stripe/faults.ts';
import { Ledger } from '../../../../sandbox/stripe/ledger.ts';
import { StripeService } from '../../../../sandbox/stripe/service.ts';
import { testLogger as logger } from '../../../../harness/servers/test-servers.ts';
import { openApiOf, operationsOf } from '../../api/openapi-document.ts';
import { configuration } from './variables.ts';
import type { Routes } from '../checks/routes.ts';

/** Routes of the API that are not in its description. */
const HIDDEN = ['/', '/openapi.json', '/docs', '/board'];

/** The routes of the API, as its OpenAPI description has them. */
export async function apiRoutes(app: Api): Promise<Routes> {
  const described = operationsOf(await openApiOf(app)).map(({ route, operation: { parameters = [] } }) => {
    const [method = '', path = ''] = route.split(' ');
    const query = parameters.flatMap((each) => (each.in === 'query' ? [each.name] : []));
    return { method, pattern: patternOf(path, /\{[^}]+\}/g), query };
  });
  const hidden = HIDDEN.filter((url) => app.hasRoute({ method: 'GET', url })).map((path) => ({
    method: 'GET',
    pattern: patternOf(path),
    query: [],
  }));
  const routes = [...described, ...hidden];
  return {
    server: 'the API',
    origins: [`http://127.0.0.1:${configuration.get('PORT')}`],
    owns: (path) => !path.startsWith('/sandbox/'),
    methodsOf: (path) => routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method),
    queryOf: (method, path) =>
      routes.find((route) => route.method === method && route.pattern.test(path))?.query,
  };
}

/** The routes by which the sandbox is controlled, which it does not describe. */
export async function sandboxRoutes(): Promise<Routes> {
  const routes: { method: string; pattern: RegExp }[] = [];
  const app = fastify();
  app.addHook('onRoute', ({ method, url }) => {
    if (!url.includes('*'))
      for (const each of [method].flat()) routes.push({ method: each, pattern: patternOf(url, /:\w+/g) });
  });
  const notOpen = (): never => {
    throw new Error('nothing is sent to this sandbox');
  };
  const ledger = new Ledger(1);
  const faults = new Faults();
  controlRoutes(app, {
    ledger,
    faults,
    service: new StripeService({
      ledger,
      faults,
      baseUrl: () => '',
      multicapture: true,
      journal: notOpen,
      slowMs: 0,
      stopping: new AbortController().signal,
      hasWebhook: false,
      onCommitted: () => undefined,
    }),
    mailbox: new Mailbox(),
    smtp: new SmtpReceiver({ host: '127.0.0.1', port: 0, logger, store: () => Promise.resolve() }),
    webhooks: undefined,
    easypost: new EasyPostSandbox({
      webhookUrl: undefined,
      webhookSecret: '',
      stepMs: 0,
      slowMs: 0,
      baseUrl: () => '',
      journal: notOpen,
      stopping: new AbortController().signal,
      logger,
    }),
    flushed: () => Promise.resolve(),
  });
  await app.ready();
  await app.close();
  return {
    server: 'the sandbox',
    origins: [`http://127.0.0.1:${configuration.get('SANDBOX_PORT')}`],
    owns: (path) => path.startsWith('/sandbox/'),
    methodsOf: (path) => routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method),
    queryOf: () => undefined,
  };
}

/** Matches a path whose parameters are written as `parameter` matches them. */
const patternOf = (path: string, parameter?: RegExp): RegExp => {
  const source = path.replaceAll('.', String.raw`\.`);
  return new RegExp(`^${parameter ? source.replaceAll(parameter, '[^/]+') : source}$`);
};
