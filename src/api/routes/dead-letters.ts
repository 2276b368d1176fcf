import { Type } from 'typebox';
import {
  Broker,
  DeadLetterCheck,
  DeadLetterSummary,
  deadLetterFilter,
  DeadLetterStateSchema,
  DeadLetterView,
  DiscardRequest,
  ReplayRequest,
  SettleManyResult,
  SettleManyRequest,
} from '../../contracts/http/dead-letters.ts';
import type { Actor } from '../../contracts/actor.ts';
import type { LogAction } from '../../contracts/http/board.ts';
import type { DeadLetterService, DeadLetterPage, SettledPage } from '../../intake/dead-letter-service.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { toCheck, toSummary, toView } from '../lib/dead-letter-views.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  pageOf,
  PageLimit,
  problems,
} from '../lib/schemas.ts';
import { toPage } from '../lib/pages.ts';
import type { Api } from '../lib/types.ts';
import { actorOf } from '../plugins/authentication.ts';

const DeadLetterPath = Type.Object(
  {
    deadLetterId: Type.String({
      pattern: '^[\\x21-\\x7e]{1,100}$',
      description: 'The id of the dead letter.',
    }),
  },
  { additionalProperties: false },
);
const ListQuery = Type.Object(
  {
    ...deadLetterFilter,
    source: Type.Optional({ ...Broker, description: 'The broker that delivered the message.' }),
    state: Type.Optional({ ...DeadLetterStateSchema, description: 'Default: `waiting`.' }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const SEEN_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const DEAD_LETTER_ID = /^[\x21-\x7e]{1,100}$/;
/** The most messages that one call replays or discards: each is a command of its own, which takes its time. */
const SETTLE_BATCH_SIZE = 100;

/** The problems for which the command in a message can be refused. */
const COMMAND_PROBLEMS = [
  ...BODY_PROBLEMS,
  'unknown_type',
  'unknown_sku',
  'currency_mismatch',
  'currency_not_supported',
  'amount_not_chargeable',
  'sku_paused',
  'intake_paused',
  'total_mismatch',
  'idempotency_key_reused',
  'order_not_found',
  'too_late',
  'payment_disputed',
] as const;

/** Messages that were refused or failed. They belong to the whole shop, not to one client: do not give these scopes to storefronts. */
export function deadLetterRoutes(app: Api, deadLetters: DeadLetterService): void {
  app.get(
    '/v1/dead-letters',
    {
      config: { scope: 'dead-letters:read' },
      schema: {
        operationId: 'listDeadLetters',
        summary: 'List dead letters, newest first',
        description:
          'Messages of every broker that were refused or failed. The list is without their bodies.',
        tags: ['dead-letters'],
        querystring: ListQuery,
        response: { 200: described(pageOf('DeadLetterList', DeadLetterSummary), 'One page.'), ...problems() },
      },
    },
    async ({ query: { state = 'waiting', limit = DEFAULT_LIMIT, cursor, ...filter } }) => {
      const found = await deadLetters.list({
        filter: { state, ...filter },
        limit: limit + 1,
        ...positionOf(cursor),
      });
      return toPage(found, limit, toSummary, (last) => encodeCursor(last.place, last.deadLetterId));
    },
  );

  app.get(
    '/v1/dead-letters/:deadLetterId',
    {
      config: { scope: 'dead-letters:read' },
      schema: {
        operationId: 'getDeadLetter',
        summary: 'Retrieve a dead letter with its message',
        tags: ['dead-letters'],
        params: DeadLetterPath,
        response: {
          200: described(DeadLetterView, 'The dead letter.'),
          ...problems('dead_letter_not_found'),
        },
      },
    },
    async ({ params: { deadLetterId } }) => toView(await deadLetters.find(deadLetterId)),
  );

  app.post(
    '/v1/dead-letters/:deadLetterId/check',
    {
      config: { scope: 'dead-letters:read' },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'checkDeadLetter',
        summary: 'Check a message before its replay',
        description:
          'Whether a replay would succeed now, with the corrections in the body: by the schemas and rules of a replay, and without any effect. If it would be refused, the response has the reason and the fields to correct. Of a payment event only its form is checked.',
        tags: ['dead-letters'],
        params: DeadLetterPath,
        body: ReplayRequest,
        response: {
          200: described(DeadLetterCheck, 'What a replay would lead to.'),
          ...problems(...BODY_PROBLEMS, 'dead_letter_not_found', 'dead_letter_settled'),
        },
      },
    },
    async (request) =>
      toCheck(await deadLetters.check(request.params.deadLetterId, request.body, actorOf(request))),
  );

  app.post(
    '/v1/dead-letters/:deadLetterId/replay',
    {
      config: {
        scope: 'dead-letters:write',
        logs: { action: 'dead_letter_replayed', object: 'dead_letter' },
      },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'replayDeadLetter',
        summary: 'Replay a message',
        description:
          'Runs the command of the message again, as it is or with the corrections in the body. The message keeps its id unless you give another one, so that its command takes effect once. If it is refused again, the response says why, and the dead letter stays `waiting`.',
        tags: ['dead-letters'],
        params: DeadLetterPath,
        body: ReplayRequest,
        response: {
          200: described(DeadLetterView, 'The command has succeeded; `orderId` is its order.'),
          ...problems(...COMMAND_PROBLEMS, 'dead_letter_not_found', 'dead_letter_settled'),
        },
      },
    },
    async (request) =>
      toView(await deadLetters.replay(request.params.deadLetterId, request.body, actorOf(request))),
  );

  app.post(
    '/v1/dead-letters/:deadLetterId/discard',
    {
      config: {
        scope: 'dead-letters:write',
        logs: { action: 'dead_letter_discarded', object: 'dead_letter' },
      },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'discardDeadLetter',
        summary: 'Discard a message',
        description:
          'The message is never run. It is kept, with the note. Discarding it again has no further effect.',
        tags: ['dead-letters'],
        params: DeadLetterPath,
        body: DiscardRequest,
        response: {
          200: described(DeadLetterView, 'The dead letter is discarded.'),
          ...problems(...BODY_PROBLEMS, 'dead_letter_not_found', 'dead_letter_settled'),
        },
      },
    },
    async (request) =>
      toView(await deadLetters.discard(request.params.deadLetterId, actorOf(request), request.body.note)),
  );

  for (const [path, operationId, summary, action, settle] of [
    [
      'replay',
      'replayManyDeadLetters',
      'Replay many messages',
      'dead_letter_replayed',
      (page: DeadLetterPage, actor: Actor) => deadLetters.replayMany(page, actor),
    ],
    [
      'discard',
      'discardManyDeadLetters',
      'Discard many messages',
      'dead_letter_discarded',
      (page: DeadLetterPage, actor: Actor, note?: string) => deadLetters.discardMany(page, actor, note),
    ],
  ] as const satisfies [string, string, string, LogAction, SettleMany][]) {
    app.post(
      `/v1/dead-letters/${path}`,
      {
        config: { scope: 'dead-letters:write', logs: { action, object: 'dead_letter' } },
        preValidation: bodyMayBeAbsent,
        schema: {
          operationId,
          summary,
          description:
            'Settles the dead letters that are `waiting` and match the filter (without a filter: all), oldest first, up to 100 in a call. Call again with `nextCursor` until there is none.',
          tags: ['dead-letters'],
          body: SettleManyRequest,
          response: {
            200: described(SettleManyResult, 'The dead letters that were settled, and those that were not.'),
            ...problems(...BODY_PROBLEMS),
          },
        },
      },
      async (request) => {
        const { cursor, note, ...filter } = request.body;
        const page = { filter, limit: SETTLE_BATCH_SIZE, ...positionOf(cursor) };
        return toResult(await settle(page, actorOf(request), note));
      },
    );
  }
}

type SettleMany = (page: DeadLetterPage, actor: Actor, note?: string) => Promise<SettledPage>;

function positionOf(cursor: string | undefined): Pick<DeadLetterPage, 'after'> {
  if (cursor === undefined) return {};
  const [firstSeenAt = '', deadLetterId = ''] = decodeCursor(cursor, [SEEN_AT, DEAD_LETTER_ID]);
  return { after: { firstSeenAt, deadLetterId } };
}

function toResult({ settled, failed, last }: SettledPage): SettleManyResult {
  return {
    settled,
    failed: failed.map(({ deadLetterId, problem }) => ({
      deadLetterId,
      reason: problem.code,
      detail: problem.message,
    })),
    ...(last && { nextCursor: encodeCursor(last.firstSeenAt, last.deadLetterId) }),
  };
}
