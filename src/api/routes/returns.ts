import { Type } from 'typebox';
import {
  ReceiptRequest,
  ReturnDecisionRequest,
  ReturnRequest,
  ReturnStatusSchema,
  ReturnView,
  type ReturnAction,
} from '../../contracts/http/returns.ts';
import type { LogAction } from '../../contracts/http/board.ts';
import type { ReturnService } from '../../returns/return-service.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import { toPage } from '../lib/pages.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  OrderPath,
  PageLimit,
  pageOf,
  problems,
} from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { callerOf, clientOf } from '../plugins/authentication.ts';

const ReturnPath = Type.Object(
  { returnId: Type.String({ description: 'The id of the return, `ret_…`.' }) },
  { additionalProperties: false },
);

const keyOf = (what: string) =>
  Type.Object({
    'Idempotency-Key': Type.String({
      description: `Your own unique id of this ${what}. The same key and body are the same ${what}, without a limit of time.`,
    }),
  });

const ListQuery = Type.Object(
  {
    status: Type.Optional({ ...ReturnStatusSchema, description: 'Only returns with this status.' }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const RETURN_ID = /^ret_[0-9a-z]{32}$/;

/** What an operator can do with a return: its operation id, its summary, what it does, and the answer 200. */
const DECISIONS: Readonly<Record<ReturnAction, [string, string, string, string]>> = {
  open: [
    'openReturn',
    'Open a return',
    'Accepts a requested return. Where labels are bought, one is bought and mailed to the customer.',
    'The return is open.',
  ],
  decline: [
    'declineReturn',
    'Decline a return',
    'Refuses a requested return. The customer is notified.',
    'The return is declined.',
  ],
  cancel: [
    'cancelReturn',
    'Cancel a return',
    'Possible until something has arrived.',
    'The return is cancelled.',
  ],
  close: [
    'closeReturn',
    'Close a return',
    'Nothing more is expected. A return of which everything is accounted for closes by itself.',
    'The return is closed.',
  ],
  reopen: [
    'reopenReturn',
    'Reopen a return',
    'Expects the pieces again that had not arrived when the return was closed.',
    'The return is open.',
  ],
};

const LOGGED_AS = {
  open: 'return_opened',
  decline: 'return_declined',
  cancel: 'return_cancelled',
  close: 'return_closed',
  reopen: 'return_reopened',
} as const satisfies Record<ReturnAction, LogAction>;

/** Returns of goods: requested for an order, decided, received and closed. */
export function returnRoutes(app: Api, returns: ReturnService): void {
  app.post(
    '/v1/orders/:orderId/returns',
    {
      config: { scope: 'returns:write', logs: { action: 'return_requested', object: 'return' } },
      schema: {
        operationId: 'requestReturn',
        summary: 'Request a return',
        description:
          'Of delivered pieces, within the time for returns. An exchange is a return with the lines of a new order, which is placed when the goods have arrived.',
        tags: ['returns'],
        params: OrderPath,
        headers: keyOf('return'),
        body: ReturnRequest,
        response: {
          201: described(ReturnView, 'The return is requested.', 'Location'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_required',
            'idempotency_key_invalid',
            'unknown_sku',
            'currency_mismatch',
            'currency_not_supported',
            'amount_not_chargeable',
            'order_not_found',
            'not_returnable',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const view = await returns.request({
        ...callerOf(request),
        orderId: request.params.orderId,
        key: idempotencyKeyOf(request),
        request: request.body,
      });
      return reply.code(201).header('Location', `/v1/returns/${view.returnId}`).send(view);
    },
  );

  app.get(
    '/v1/returns',
    {
      config: { scope: 'returns:read' },
      schema: {
        operationId: 'listReturns',
        summary: 'List returns, newest first',
        tags: ['returns'],
        querystring: ListQuery,
        response: { 200: described(pageOf('ReturnList', ReturnView), 'One page.'), ...problems() },
      },
    },
    async (request) => {
      const { status, limit = DEFAULT_LIMIT, cursor } = request.query;
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [RETURN_ID]);
      const found = await returns.list({
        clientId: clientOf(request).clientId,
        limit: limit + 1,
        ...(status !== undefined && { status }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        found,
        limit,
        (view) => view,
        (last) => encodeCursor(last.returnId),
      );
    },
  );

  app.get(
    '/v1/returns/:returnId',
    {
      config: { scope: 'returns:read' },
      schema: {
        operationId: 'getReturn',
        summary: 'Get a return',
        tags: ['returns'],
        params: ReturnPath,
        response: { 200: described(ReturnView, 'The return.'), ...problems('return_not_found') },
      },
    },
    (request) => returns.find({ clientId: clientOf(request).clientId, returnId: request.params.returnId }),
  );

  for (const action of Object.keys(DECISIONS) as ReturnAction[]) {
    const [operationId, summary, description, answer] = DECISIONS[action];
    app.post(
      `/v1/returns/:returnId/${action}`,
      {
        config: { scope: 'returns:write', logs: { action: LOGGED_AS[action], object: 'return' } },
        preValidation: bodyMayBeAbsent,
        schema: {
          operationId,
          summary,
          description: `${description} Doing it again has no further effect.`,
          tags: ['returns'],
          params: ReturnPath,
          body: ReturnDecisionRequest,
          response: {
            200: described(ReturnView, answer),
            ...problems(
              ...BODY_PROBLEMS,
              'return_not_found',
              'return_state_conflict',
              ...(action === 'reopen' ? (['not_returnable'] as const) : []),
            ),
          },
        },
      },
      (request) =>
        returns.decide({
          ...callerOf(request),
          returnId: request.params.returnId,
          action,
          ...request.body,
        }),
    );
  }

  app.post(
    '/v1/returns/:returnId/receive',
    {
      config: { scope: 'returns:write', logs: { action: 'return_received', object: 'return' } },
      schema: {
        operationId: 'receiveReturn',
        summary: 'Record what has arrived of a return',
        description:
          'Per piece what became of it. `restocked` can be sold again, `processing` is in the shop and cannot be sold yet, `not_restocked` is not kept, `missing` was not in the parcel. Everything but missing pieces is refunded, by a refund of its own, to the payment method of the order.',
        tags: ['returns'],
        params: ReturnPath,
        headers: keyOf('receipt'),
        body: ReceiptRequest,
        response: {
          200: described(ReturnView, 'Recorded. The refund follows.'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_required',
            'idempotency_key_invalid',
            'return_not_found',
            'location_not_found',
            'return_state_conflict',
            'quantity_exceeds_line',
            'idempotency_key_reused',
          ),
        },
      },
    },
    (request) =>
      returns.receive({
        ...callerOf(request),
        returnId: request.params.returnId,
        key: idempotencyKeyOf(request),
        request: request.body,
      }),
  );
}
