import { Type } from 'typebox';
import type { StockMovements } from '../../adapters/postgres/stock-movements.ts';
import type { StockCatalogue } from '../../adapters/postgres/stock-catalogue.ts';
import { Problem } from '../../contracts/errors.ts';
import { LocationId } from '../../contracts/http/locations.ts';
import { Sku } from '../../contracts/http/order.ts';
import { MAX_ON_HAND } from '../../contracts/http/stock.ts';
import { CountPreview, StockMovement } from '../../contracts/http/stock-movements.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { toPage } from '../lib/pages.ts';
import { Cursor, DEFAULT_LIMIT, described, pageOf, PageLimit, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

const ItemPath = Type.Object({ sku: Sku }, { additionalProperties: false });
const ListQuery = Type.Object({ limit: PageLimit, cursor: Cursor }, { additionalProperties: false });
const PreviewQuery = Type.Object(
  {
    location: LocationId,
    onHand: Type.Integer({ minimum: 0, maximum: MAX_ON_HAND, description: 'What would be counted.' }),
  },
  { additionalProperties: false },
);
const MOVEMENT_ID = /^\d{1,15}$/;

/** What has happened to the stock of an item, and what a count would do. */
export function stockMovementRoutes(
  app: Api,
  { movements, catalogue }: { movements: StockMovements; catalogue: StockCatalogue },
): void {
  const mustExist = async (sku: string): Promise<void> => {
    if (!(await catalogue.get(sku))) throw new Problem('item_not_found', `There is no item ${sku}.`);
  };

  app.get(
    '/v1/stock/:sku/movements',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'listStockMovements',
        summary: 'List the movements of an item, newest first',
        description:
          'Each change of its counts at each location, with the order, the shipment or the count that caused it. They are never changed and never deleted.',
        tags: ['stock'],
        params: ItemPath,
        querystring: ListQuery,
        response: {
          200: described(pageOf('StockMovementList', StockMovement), 'One page.'),
          ...problems('item_not_found'),
        },
      },
    },
    async (request) => {
      const { sku } = request.params;
      const { limit = DEFAULT_LIMIT, cursor } = request.query;
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, [MOVEMENT_ID]);
      await mustExist(sku);
      const { clientId } = clientOf(request);
      const found = await movements.list({
        sku,
        clientId,
        limit: limit + 1,
        ...(before !== undefined && { before: Number(before) }),
      });
      return toPage(
        found,
        limit,
        (movement) => movement,
        (last) => encodeCursor(String(last.movementId)),
      );
    },
  );

  app.get(
    '/v1/stock/:sku/count-preview',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'previewStockCount',
        summary: 'See what a count would change',
        description:
          'The counts before and after, and the orders that would be short, by the stock of this moment. Changes nothing.',
        tags: ['stock'],
        params: ItemPath,
        querystring: PreviewQuery,
        response: {
          200: described(CountPreview, 'What the count would change.'),
          ...problems('item_not_found', 'location_not_found'),
        },
      },
    },
    async (request) => {
      const { sku } = request.params;
      await mustExist(sku);
      const { clientId } = clientOf(request);
      const preview = await movements.preview({ sku, clientId, ...request.query });
      if (!preview)
        throw new Problem('location_not_found', `There is no stock of ${sku} at ${request.query.location}.`);
      return preview;
    },
  );
}
