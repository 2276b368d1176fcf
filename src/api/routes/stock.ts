import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import { Sku } from '../../contracts/http/order.ts';
import { StockItem, StockItemRequest } from '../../contracts/http/stock.ts';
import { STOCK_TROUBLES } from '../../contracts/stock-troubles.ts';
import { putStockItem, type PutStockItemParts } from '../../orders/put-stock-item.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { toPage } from '../lib/pages.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  pageOf,
  PageLimit,
  problems,
} from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { actorOf } from '../plugins/authentication.ts';

const ItemPath = Type.Object({ sku: Sku }, { additionalProperties: false });
const ListQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Enum([...STOCK_TROUBLES], {
        description:
          'Only items of which this is the worst that is true: `oversold`, `out` (nothing can be sold) or `low` (at a location, `available` is `lowAt` or less).',
      }),
    ),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Only items with this in their SKU or title, in upper or lower case.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const PutResult = Type.Object(
  {
    ...StockItem.properties,
    applied: Type.Boolean({
      description: 'false: a newer `sequence` is stored, and nothing was changed.',
    }),
  },
  { additionalProperties: false, title: 'StockChange' },
);

const SKU = /^[\x21-\x7e]{1,64}$/;

export function stockRoutes(app: Api, parts: PutStockItemParts): void {
  const { catalogue } = parts;

  app.get(
    '/v1/stock',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'listStock',
        summary: 'List items with their stock, by SKU',
        tags: ['stock'],
        querystring: ListQuery,
        response: { 200: described(pageOf('StockItemList', StockItem), 'One page.'), ...problems() },
      },
    },
    async ({ query: { limit = DEFAULT_LIMIT, cursor, ...filter } }) => {
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [SKU]);
      const found = await catalogue.list(limit + 1, after, filter);
      return toPage(
        found,
        limit,
        (item) => item,
        (last) => encodeCursor(last.sku),
      );
    },
  );

  app.get(
    '/v1/stock/:sku',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'getStock',
        summary: 'Retrieve an item',
        tags: ['stock'],
        params: ItemPath,
        response: { 200: described(StockItem, 'The item.'), ...problems('item_not_found') },
      },
    },
    async ({ params: { sku } }) => {
      const item = await catalogue.get(sku);
      if (!item) throw new Problem('item_not_found', `There is no item ${sku}.`);
      return item;
    },
  );

  app.put(
    '/v1/stock/:sku',
    {
      config: { scope: 'stock:write', logs: { action: 'stock_set', object: 'sku' } },
      schema: {
        operationId: 'putStock',
        summary: 'Create or update an item',
        description:
          '`onHand` is what is physically there now, at `location`. What can be sold of it is what is not held or committed for orders, and not unavailable. Safe to repeat.',
        tags: ['stock'],
        params: ItemPath,
        body: StockItemRequest,
        response: {
          200: described(PutResult, 'The item.'),
          ...problems(
            'location_not_found',
            'currency_not_supported',
            'amount_not_chargeable',
            ...BODY_PROBLEMS,
          ),
        },
      },
    },
    async (request) => {
      const { sku } = request.params;
      const { body } = request;
      if (body.sku !== undefined && body.sku !== sku) {
        throw invalidRequest([{ field: 'sku', message: 'must be the SKU in the path' }]);
      }
      return putStockItem(parts, sku, body, actorOf(request));
    },
  );
}
