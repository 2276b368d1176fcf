import { Type } from 'typebox';
import { prefersHtml } from '../lib/accept.ts';
import { START_FACTS, startPage } from '../lib/start-page.ts';
import { problemsWithoutKey } from '../lib/schemas.ts';
import { addVary } from '../lib/vary.ts';
import type { Api } from '../lib/types.ts';

const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });

const Start = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    description: Type.String(),
    links: texts('Paths of this server, by name.'),
    authentication: Type.String({ description: 'How to authenticate.' }),
    documents: texts('Paths in the repository of the project, by name.'),
  },
  { additionalProperties: false, title: 'ServerDescription' },
);

/** `GET /`: what this server is and where to look, as a page for a browser, and as JSON for every other client. */
export function startRoutes(app: Api): void {
  const page = startPage();

  app.get(
    '/',
    {
      schema: {
        operationId: 'describeServer',
        summary: 'Show what this server is and where to look',
        description:
          'A page for a client that prefers `text/html`, as browsers do, and JSON for every other one.',
        tags: ['operation'],
        security: [],
        response: {
          200: {
            description: 'The name, the version and the links of this server.',
            content: {
              'application/json': { schema: Start },
              'text/html': { schema: Type.String() },
            },
          },
          ...problemsWithoutKey('rate_limited'),
        },
      },
    },
    (request, reply) => {
      addVary(reply, 'Accept');
      if (!prefersHtml(request.headers.accept)) return START_FACTS;
      reply.type('text/html; charset=utf-8');
      return page;
    },
  );
}
