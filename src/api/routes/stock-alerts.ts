import { Type } from 'typebox';
import type { StockAlerts } from '../../adapters/postgres/stock-alerts.ts';
import { Sku } from '../../contracts/http/order.ts';
import { ALERT_MAIL_STATUSES, StockAlertView } from '../../contracts/http/stock-alerts.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { toPage } from '../lib/pages.ts';
import { Cursor, DEFAULT_LIMIT, described, PageLimit, pageOf, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

const ListQuery = Type.Object(
  {
    sku: Type.Optional({ ...Sku, description: 'Only alerts of this item.' }),
    mailStatus: Type.Optional(
      Type.Enum([...ALERT_MAIL_STATUSES], {
        description: '`failed`: only alerts whose mail was not sent. Default: all alerts.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const ALERT_ID = /^[1-9]\d{0,14}$/;

export function stockAlertRoutes(app: Api, alerts: StockAlerts): void {
  app.get(
    '/v1/stock/alerts',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'listStockAlerts',
        summary: 'List alerts of low stock, newest first',
        description:
          'An item at a location has one alert when it becomes low or out, and one more when it becomes out after it was low. The next alert needs `available` to reach `rearmAt` first. `mailStatus` is `failed` where the mail was refused or could not be sent for a day, and `none` where nobody is sent alerts.',
        tags: ['stock'],
        querystring: ListQuery,
        response: { 200: described(pageOf('StockAlertList', StockAlertView), 'One page.'), ...problems() },
      },
    },
    async ({ query: { sku, mailStatus, limit = DEFAULT_LIMIT, cursor } }) => {
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, [ALERT_ID]);
      const filter = { ...(sku !== undefined && { sku }), ...(mailStatus !== undefined && { mailStatus }) };
      const found = await alerts.list(filter, limit + 1, before === undefined ? undefined : Number(before));
      return toPage(
        found,
        limit,
        (alert) => alert,
        (last) => encodeCursor(String(last.alertId)),
      );
    },
  );
}
