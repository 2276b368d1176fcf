import { Type } from 'typebox';
import {
  DEAD_LETTER_STATES,
  DeadLetterSummary,
  deadLetterFilter,
  DeadLetterView,
  DiscardRequest,
  ReplayRequest,
  SettleManyResult,
  SettleManyRequest,
} from '../../contracts/http/dead-letters.ts';
import type { DeadLetterService, DeadLetterPage, SettledPage } from '../../intake/dead-letter-service.ts';
import { bodyMayBeAbsent } from '../body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { toSummary, toView } from '../dead-letter-views.ts';
import { Cursor, DEFAULT_LIMIT, described, page, PageLimit, problems } from '../schemas.ts';
import type { Api } from '../types.ts';

const DeadLetterPath = Type.Object(
  { deadLetterId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' }) },
  { additionalProperties: false },
);
const ListQuery = Type.Object(
  {
    ...deadLetterFilter,
    state: Type.Optional(Type.Enum([...DEAD_LETTER_STATES], { description: 'Default: those that wait.' })),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const SEEN_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const DEAD_LETTER_ID = /^[\x21-\x7e]{1,100}$/;
/** Of one call; each is a command of its own, and takes as long. */
const MAX_CONCURRENT = 100;

const WRONG_BODY = [
  'invalid_json',
  'card_number_refused',
  'body_too_large',
  'unsupported_media_type',
] as const;
/** What the command in a message can be refused for. */
const WRONG_COMMAND = [
  ...WRONG_BODY,
  'unknown_type',
  'unknown_sku',
  'currency_mismatch',
  'total_mismatch',
  'idempotency_key_reused',
  'order_not_found',
  'too_late',
  'unknown_payment',
] as const;

/** Messages that could not be done. They are of the whole shop, not of one client: these scopes are not for storefronts. */
export function deadLetterRoutes(app: Api, desk: DeadLetterService): void {
  app.get(
    '/v1/dead-letters',
    {
      config: { scope: 'dead-letters:read' },
      schema: {
        summary: 'Dead letters, newest first',
        description: 'Messages of every broker that could not be done. Without their bodies.',
        tags: ['operation'],
        querystring: ListQuery,
        response: { 200: described(page(DeadLetterSummary), 'One page.'), ...problems() },
      },
    },
    async ({ query: { state = 'waiting', limit = DEFAULT_LIMIT, cursor, ...filter } }) => {
      const found = await desk.list({ filter: { state, ...filter }, limit: limit + 1, ...placeOf(cursor) });
      const data = found.slice(0, limit);
      const last = data.at(-1);
      const more = found.length > limit && last;
      return {
        data: data.map(toSummary),
        ...(more && { nextCursor: encodeCursor(last.place, last.deadLetterId) }),
      };
    },
  );

  app.get(
    '/v1/dead-letters/:deadLetterId',
    {
      config: { scope: 'dead-letters:read' },
      schema: {
        summary: 'One dead letter, with the message',
        tags: ['operation'],
        params: DeadLetterPath,
        response: {
          200: described(DeadLetterView, 'The dead letter as it is now.'),
          ...problems('dead_letter_not_found'),
        },
      },
    },
    async ({ params: { deadLetterId } }) => toView(await desk.find(deadLetterId)),
  );

  app.post(
    '/v1/dead-letters/:deadLetterId/replay',
    {
      config: { scope: 'dead-letters:write' },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Take a message in again',
        description:
          'As it is, or put right. It keeps its id unless another one is given, so it is done once. If it is refused again, this answers why, and it goes on waiting.',
        tags: ['operation'],
        params: DeadLetterPath,
        body: ReplayRequest,
        response: {
          200: described(DeadLetterView, 'It is done; `orderId` is the order that came of it.'),
          ...problems(...WRONG_COMMAND, 'dead_letter_not_found', 'dead_letter_settled'),
        },
      },
    },
    async ({ params: { deadLetterId }, body }) => toView(await desk.replay(deadLetterId, body)),
  );

  app.post(
    '/v1/dead-letters/:deadLetterId/discard',
    {
      config: { scope: 'dead-letters:write' },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Leave a message undone for good',
        description: 'It is kept, with the note. Discarding again answers the same.',
        tags: ['operation'],
        params: DeadLetterPath,
        body: DiscardRequest,
        response: {
          200: described(DeadLetterView, 'It waits no more.'),
          ...problems(...WRONG_BODY, 'dead_letter_not_found', 'dead_letter_settled'),
        },
      },
    },
    async ({ params: { deadLetterId }, body: { note } }) => toView(await desk.discard(deadLetterId, note)),
  );

  for (const [path, summary, settle] of [
    ['replay', 'Take many messages in again', (page: DeadLetterPage) => desk.replayMany(page)],
    [
      'discard',
      'Leave many messages undone for good',
      (page: DeadLetterPage, note?: string) => desk.discardMany(page, note),
    ],
  ] as const satisfies [string, string, SettleMany][]) {
    app.post(
      `/v1/dead-letters/${path}`,
      {
        config: { scope: 'dead-letters:write' },
        preValidation: bodyMayBeAbsent,
        schema: {
          summary,
          description:
            'Of those that wait, the oldest first, up to a hundred a call: go on with `nextCursor` until there is none. Without a filter: all.',
          tags: ['operation'],
          body: SettleManyRequest,
          response: {
            200: described(SettleManyResult, 'What has become of them.'),
            ...problems(...WRONG_BODY),
          },
        },
      },
      async ({ body: { cursor, note, ...filter } }) =>
        toAnswer(await settle({ filter, limit: MAX_CONCURRENT, ...placeOf(cursor) }, note)),
    );
  }
}

type SettleMany = (page: DeadLetterPage, note?: string) => Promise<SettledPage>;

function placeOf(cursor: string | undefined): Pick<DeadLetterPage, 'after'> {
  if (cursor === undefined) return {};
  const [firstSeenAt = '', deadLetterId = ''] = decodeCursor(cursor, [SEEN_AT, DEAD_LETTER_ID]);
  return { after: { firstSeenAt, deadLetterId } };
}

function toAnswer({ settled, failed, last }: SettledPage): SettleManyResult {
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
