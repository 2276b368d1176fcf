import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import type { SavedViews } from '../../adapters/postgres/saved-views.ts';
import { Problem } from '../../contracts/errors.ts';
import { MAX_SAVED_VIEWS, NewSavedView, SavedView } from '../../contracts/http/order-lists.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { BODY_PROBLEMS, described, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

const SavedViewList = Type.Object(
  { data: Type.Array(SavedView) },
  { additionalProperties: false, title: 'SavedViewList' },
);
const ViewPath = Type.Object(
  {
    viewId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$', description: 'The id of the view, `view_…`.' }),
  },
  { additionalProperties: false },
);

/** Filters of the list of orders that operators keep, for themselves or for all of their client. */
export function savedViewRoutes(app: Api, views: SavedViews): void {
  app.get(
    '/v1/views',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listSavedViews',
        summary: 'List saved views',
        description: 'Those of the key, and then those that other keys of the client share.',
        tags: ['orders'],
        response: { 200: described(SavedViewList, 'All of them.'), ...problems() },
      },
    },
    async (request) => ({ data: await views.list(clientOf(request)) }),
  );

  app.post(
    '/v1/views',
    {
      config: { scope: 'orders:read', logs: { action: 'view_saved', object: 'view' } },
      schema: {
        operationId: 'saveView',
        summary: 'Save a view',
        description: `Keeps filters of the list of orders under a name. A view of the same key with the same name is replaced, so that a repeat has no further effect. A key has ${MAX_SAVED_VIEWS} views at most.`,
        tags: ['orders'],
        body: NewSavedView,
        response: { 200: described(SavedView, 'The view.'), ...problems(...BODY_PROBLEMS) },
      },
    },
    async (request) => {
      const { name, filter, isShared } = request.body;
      if (filter.q?.includes('@') === true)
        throw invalidRequest([
          { field: 'filter.q', message: 'must not be an address: views hold no personal data' },
        ]);
      const viewId = `view_${randomBytes(9).toString('base64url')}`;
      const saved = await views.save(clientOf(request), viewId, { name: name.trim(), filter, isShared });
      if (saved) return saved;
      throw invalidRequest([
        { field: 'name', message: `must be that of another view: there are ${MAX_SAVED_VIEWS}` },
      ]);
    },
  );

  app.delete(
    '/v1/views/:viewId',
    {
      config: { scope: 'orders:read', logs: { action: 'view_deleted', object: 'view' } },
      schema: {
        operationId: 'deleteSavedView',
        summary: 'Delete a saved view',
        description: 'Only a view of the key itself.',
        tags: ['orders'],
        params: ViewPath,
        response: {
          204: { description: 'The view is deleted.', type: 'null' },
          ...problems('view_not_found'),
        },
      },
    },
    async (request, reply) => {
      const removed = await views.remove(clientOf(request), request.params.viewId);
      if (!removed) throw new Problem('view_not_found', 'There is no such view, or it is not yours.');
      return reply.code(204).send(null);
    },
  );
}
