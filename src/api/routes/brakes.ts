import { Type } from 'typebox';
import type { BrakeStore } from '../../adapters/postgres/brake-store.ts';
import type { StockCatalogue } from '../../adapters/postgres/stock-catalogue.ts';
import { EVERY_SOURCE, PAYMENT_PROVIDER, WAYS_IN, type BrakeKind } from '../../contracts/brakes.ts';
import { Problem } from '../../contracts/errors.ts';
import { BrakeReleaseRequest, BrakeRequest, BrakeView } from '../../contracts/http/brakes.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
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
import { loggedClientOf } from '../plugins/authentication.ts';

export interface BrakeRoutesParts {
  brakeStore: BrakeStore;
  catalogue: Pick<StockCatalogue, 'find'>;
  /** Has this process see a change before it answers. The others see it within a second. */
  refreshBrakes: () => Promise<void>;
}

const ListQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Enum(['on', 'released'], { description: 'Only brakes that are on, or that were released.' }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const BrakePath = Type.Object(
  { brakeId: Type.Integer({ minimum: 1, maximum: 2 ** 31, description: 'The id of the brake.' }) },
  { additionalProperties: false },
);

const BRAKE_ID = /^\d{1,15}$/;

/** Brakes are those of the whole shop, not of one client: do not give their scopes to storefronts. */
export function brakeRoutes(app: Api, { brakeStore, catalogue, refreshBrakes }: BrakeRoutesParts): void {
  app.get(
    '/v1/brakes',
    {
      config: { scope: 'brakes:read' },
      schema: {
        operationId: 'listBrakes',
        summary: 'List what is paused, and was paused, newest first',
        description: 'Who has paused what, when and why, and who has released it. Entries are never deleted.',
        tags: ['operation'],
        querystring: ListQuery,
        response: { 200: described(pageOf('BrakeList', BrakeView), 'One page.'), ...problems() },
      },
    },
    async ({ query: { state, limit = DEFAULT_LIMIT, cursor } }) => {
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, [BRAKE_ID]);
      const found = await brakeStore.list({
        limit: limit + 1,
        ...(state !== undefined && { active: state === 'on' }),
        ...(before !== undefined && { before: Number(before) }),
      });
      return toPage(
        found,
        limit,
        (brake) => brake,
        ({ brakeId }) => encodeCursor(String(brakeId)),
      );
    },
  );

  app.post(
    '/v1/brakes',
    {
      config: { scope: 'brakes:write' },
      schema: {
        operationId: 'setBrake',
        summary: 'Pause the intake, the payment provider, or an item',
        description:
          'Takes effect in every process within a second, until it is released. `intake`: new orders by HTTP are answered 503 `intake_paused`, and messages that place orders stay in their broker until the release. `provider`: payments are not taken; orders wait before their payment and go on by themselves after the release; refunds go on. `sku`: new orders of the item are refused with `sku_paused`. What was placed before goes on. Safe to repeat: a brake that is on stays as it is.',
        tags: ['operation'],
        body: BrakeRequest,
        response: {
          200: described(BrakeView, 'A brake of this kind and target is on already.'),
          201: described(BrakeView, 'The brake is on.'),
          ...problems(...BODY_PROBLEMS, 'item_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { kind, reason } = request.body;
      const target = targetOf(kind, request.body.target);
      if (kind === 'sku') await requireItem(target);
      const { brake, added } = await brakeStore.set({ kind, target, reason, ...loggedClientOf(request) });
      await refreshBrakes();
      return reply.code(added ? 201 : 200).send(brake);
    },
  );

  app.post(
    '/v1/brakes/:brakeId/release',
    {
      config: { scope: 'brakes:write' },
      schema: {
        operationId: 'releaseBrake',
        summary: 'Release a brake',
        description:
          'What has waited goes on. Takes effect in every process within a second. Safe to repeat: the first release counts.',
        tags: ['operation'],
        params: BrakePath,
        body: BrakeReleaseRequest,
        response: {
          200: described(BrakeView, 'The brake is released.'),
          ...problems(...BODY_PROBLEMS, 'brake_not_found'),
        },
      },
    },
    async (request) => {
      const { brakeId } = request.params;
      const released = await brakeStore.release(brakeId, {
        reason: request.body.reason,
        ...loggedClientOf(request),
      });
      if (!released) throw new Problem('brake_not_found', `There is no brake ${brakeId}.`);
      await refreshBrakes();
      return released;
    },
  );

  /** A brake on an item that does not exist is a mistake, which would leave the meant one on sale. */
  async function requireItem(sku: string): Promise<void> {
    const found = await catalogue.find([sku]);
    if (found.length === 0) throw new Problem('item_not_found', `There is no item ${sku}.`);
  }
}

/** @throws {Problem} `invalid_request` */
function targetOf(kind: BrakeKind, given: string | undefined): string {
  const refused = (message: string): Problem => invalidRequest([{ field: 'target', message }]);
  switch (kind) {
    case 'intake': {
      if (given === undefined) return EVERY_SOURCE;
      const known = [EVERY_SOURCE, ...WAYS_IN].find((name) => name === given.trim().toLowerCase());
      // It would pause the source of CloudEvents with this very name, and nobody would notice.
      if (known !== undefined && known !== given) throw refused(`must be ${known}`);
      return given;
    }
    case 'provider':
      if (given !== undefined && given !== PAYMENT_PROVIDER) throw refused(`must be ${PAYMENT_PROVIDER}`);
      return PAYMENT_PROVIDER;
    case 'sku':
      if (given === undefined) throw refused('is required: the SKU of the item');
      return given;
  }
}
