import { Type } from 'typebox';
import { prefersHtml } from '../lib/accept.ts';
import type { BoardFiles } from '../lib/board-files.ts';
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

/**
 * `GET /` leads a browser to the board. Without a built board it says what this server is and where to look, as a page; and to every other
 * client always, as JSON.
 */
export function startRoutes(app: Api, board: BoardFiles): void {
  const page = startPage();

  app.get(
    '/',
    {
      schema: {
        operationId: 'describeServer',
        summary: 'Show what this server is and where to look',
        description:
          'A client that prefers `text/html`, as browsers do, is redirected to the board, or gets a page if the board is not built. Every other one gets JSON.',
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
          302: { description: 'A browser is redirected to the board.', type: 'null' },
          ...problemsWithoutKey('rate_limited'),
        },
      },
    },
    async (request, reply) => {
      addVary(reply, 'Accept');
      const isBuilt = await board.isBuilt();
      if (!prefersHtml(request.headers.accept))
        return isBuilt ? { ...START_FACTS, links: { ...START_FACTS.links, board: '/board' } } : START_FACTS;
      if (isBuilt) return reply.redirect('/board');
      reply.type('text/html; charset=utf-8');
      return page;
    },
  );
}
