import { Type } from 'typebox';
import type { DisputeStore } from '../../adapters/postgres/dispute-store.ts';
import { DisputeStatusSchema, DisputeView } from '../../contracts/http/disputes.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { toPage } from '../lib/pages.ts';
import { Cursor, DEFAULT_LIMIT, described, PageLimit, pageOf, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

const ListQuery = Type.Object(
  {
    status: Type.Optional({ ...DisputeStatusSchema, description: 'Only disputes with this status.' }),
    dueBefore: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Only disputes that wait for evidence, and take it until this time at most.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const DISPUTE_ID = /^[A-Za-z0-9_]{1,255}$/;

/** Chargebacks and inquiries. They are answered at the payment provider. */
export function disputeRoutes(app: Api, disputes: DisputeStore): void {
  app.get(
    '/v1/disputes',
    {
      config: { scope: 'disputes:read' },
      schema: {
        operationId: 'listDisputes',
        summary: 'List disputes, newest first',
        description:
          'Chargebacks and inquiries, as the payment provider says they are. Evidence is sent at the payment provider.',
        tags: ['payments'],
        querystring: ListQuery,
        response: { 200: described(pageOf('DisputeList', DisputeView), 'One page.'), ...problems() },
      },
    },
    async (request) => {
      const { status, dueBefore, limit = DEFAULT_LIMIT, cursor } = request.query;
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [DISPUTE_ID]);
      const found = await disputes.list({
        clientId: clientOf(request).clientId,
        limit: limit + 1,
        ...(status !== undefined && { status }),
        ...(dueBefore !== undefined && { dueBefore }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        found,
        limit,
        (view) => view,
        (last) => encodeCursor(last.disputeId),
      );
    },
  );
}
