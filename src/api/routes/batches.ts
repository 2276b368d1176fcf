import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { BatchService } from '../../batches/batch-service.ts';
import {
  BATCH_STATES,
  MAX_BATCH_ORDERS,
  SCOPE_OF_ACTION,
  type BatchAction,
} from '../../contracts/batches.ts';
import { Problem } from '../../contracts/errors.ts';
import type { LogAction } from '../../contracts/http/board.ts';
import {
  BatchItem,
  BatchOutcomeSchema,
  BatchRequest,
  BatchStartRequest,
  BatchStateSchema,
  BatchView,
} from '../../contracts/http/batches.ts';
import { prefersToJson } from '../lib/accept.ts';
import { batchItemsCsv } from '../lib/batch-items-csv.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import { toPage } from '../lib/pages.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  PageLimit,
  pageOf,
  problems,
} from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf, loggedClientOf } from '../plugins/authentication.ts';

const BatchPath = Type.Object(
  { batchId: Type.String({ description: 'The id of the batch, `bat_…`.' }) },
  { additionalProperties: false },
);

const PlanHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique id of this batch. The same key and body are the same batch, without a limit of time.',
  }),
});

const ListQuery = Type.Object(
  {
    state: Type.Optional({ ...BatchStateSchema, description: 'Only batches in this state.' }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const ItemsQuery = Type.Object(
  {
    outcome: Type.Optional({ ...BatchOutcomeSchema, description: 'Only orders with this outcome.' }),
    latest: Type.Optional(
      Type.Boolean({
        description:
          'true: the orders that were settled last, newest first, as one page. Not with `outcome` or `cursor`.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const tags = ['batches'];
const read = { scope: 'batches:read' } as const;
/** Changes are in the log. */
const write = (action: LogAction) => ({ scope: 'batches:write', logs: { action, object: 'batch' } }) as const;
const BATCH_ID = /^bat_[0-9a-z]{32}$/;
const NUMBER = /^\d{1,5}$/;

/** One action on many orders of a client: planned, confirmed, started and stopped. */
export function batchRoutes(app: Api, batches: BatchService): void {
  app.post(
    '/v1/batches',
    {
      config: write('batch_planned'),
      schema: {
        operationId: 'planBatch',
        summary: 'Plan a batch',
        description: `Fixes the orders, at most ${MAX_BATCH_ORDERS}, and says what would become of each. Nothing is done. Needs the scope of the action too: \`orders:repair\`, \`orders:review\`, \`orders:write\` or \`payments:write\`.`,
        tags,
        headers: PlanHeaders,
        body: BatchRequest,
        response: {
          200: described(BatchView, 'The batch with its dry run.', 'Location'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_required',
            'idempotency_key_invalid',
            'idempotency_key_reused',
            'batch_not_found',
            'batch_too_large',
          ),
        },
      },
    },
    async (request, reply) => {
      requireScopeOf(request, request.body.action);
      const batch = await batches.plan(loggedClientOf(request), idempotencyKeyOf(request), request.body);
      reply.header('Location', `/v1/batches/${batch.batchId}`);
      return batch;
    },
  );

  app.get(
    '/v1/batches',
    {
      config: read,
      schema: {
        operationId: 'listBatches',
        summary: 'List batches, newest first',
        description: 'The batches of this client.',
        tags,
        querystring: ListQuery,
        response: { 200: described(pageOf('BatchList', BatchView), 'One page.'), ...problems() },
      },
    },
    async (request) => {
      const { state, limit = DEFAULT_LIMIT, cursor } = request.query;
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [BATCH_ID]);
      const found = await batches.list({
        clientId: clientOf(request).clientId,
        limit: limit + 1,
        ...(state !== undefined && { states: BATCH_STATES.filter((each) => each === state) }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        found,
        limit,
        (batch) => batch,
        (last) => encodeCursor(last.batchId),
      );
    },
  );

  app.get(
    '/v1/batches/:batchId',
    {
      config: read,
      schema: {
        operationId: 'getBatch',
        summary: 'Retrieve a batch',
        description: 'With how far it is. Read it again to follow it.',
        tags,
        params: BatchPath,
        response: { 200: described(BatchView, 'The batch.'), ...problems('batch_not_found') },
      },
    },
    (request) => batches.find(clientOf(request).clientId, request.params.batchId),
  );

  app.get(
    '/v1/batches/:batchId/items',
    {
      config: read,
      schema: {
        operationId: 'listBatchItems',
        summary: 'List the orders of a batch',
        description:
          'With the dry run or the result of each, without personal data. With `Accept: text/csv`, all of them as one CSV file, and only `outcome` counts.',
        tags,
        params: BatchPath,
        querystring: ItemsQuery,
        response: {
          200: described(pageOf('BatchItemList', BatchItem), 'One page.'),
          ...problems('batch_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { clientId } = clientOf(request);
      const { batchId } = request.params;
      const { outcome, latest = false, limit = DEFAULT_LIMIT, cursor } = request.query;
      const chosen = { batchId, ...(outcome !== undefined && { outcome }) };
      if (prefersToJson('text/csv', request.headers.accept)) {
        sendCsv(reply, batchId, await batches.items(clientId, { ...chosen, limit: MAX_BATCH_ORDERS }));
        return reply;
      }
      if (latest) return { data: await batches.latestItems(clientId, batchId, limit) };
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [NUMBER]);
      const items = await batches.items(clientId, {
        ...chosen,
        limit: limit + 1,
        ...(after !== undefined && { after: Number(after) }),
      });
      return toPage(
        items,
        limit,
        (item) => item,
        (last) => encodeCursor(String(last.number)),
      );
    },
  );

  app.post(
    '/v1/batches/:batchId/start',
    {
      config: write('batch_started'),
      schema: {
        operationId: 'startBatch',
        summary: 'Start a batch',
        description:
          'The dry run is made again first. If other orders would go now, or other amounts, nothing is started: `batch_changed` has the new `confirmation`, and the batch the new dry run. Starting a batch that runs has no further effect. Needs the scope of the action too.',
        tags,
        params: BatchPath,
        body: BatchStartRequest,
        response: {
          200: described(BatchView, 'The batch runs.'),
          ...problems(...BODY_PROBLEMS, 'batch_not_found', 'batch_changed', 'batch_empty', 'batch_ended'),
        },
      },
    },
    async (request) => {
      const requester = loggedClientOf(request);
      const { batchId } = request.params;
      const { action } = await batches.find(requester.clientId, batchId);
      requireScopeOf(request, action);
      return batches.start(requester, batchId, request.body);
    },
  );

  app.post(
    '/v1/batches/:batchId/stop',
    {
      config: write('batch_stopped'),
      schema: {
        operationId: 'stopBatch',
        summary: 'Stop a batch',
        description:
          'It ends after the orders in progress, and what is done stays. Stopping it again, or when it has ended, has no further effect.',
        tags,
        params: BatchPath,
        response: {
          200: described(BatchView, 'The batch is stopping, or has ended.'),
          ...problems('batch_not_found', 'batch_not_started'),
        },
      },
    },
    (request) => batches.stop(loggedClientOf(request), request.params.batchId),
  );
}

function sendCsv(reply: FastifyReply, batchId: string, items: readonly BatchItem[]): void {
  reply.header('Content-Disposition', `attachment; filename="${batchId}.csv"`);
  reply.type('text/csv; charset=utf-8').send(batchItemsCsv(items));
}

/** @throws {Problem} `forbidden` */
function requireScopeOf(request: FastifyRequest, action: BatchAction): void {
  const scope = SCOPE_OF_ACTION[action];
  if (!clientOf(request).scopes.has(scope))
    throw new Problem('forbidden', `Use an API key with the scope ${scope}.`);
}
