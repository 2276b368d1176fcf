import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import {
  MAX_SYNC_ROWS,
  SequenceFilter,
  SequenceReset,
  StockSyncReport,
  StockSyncRequest,
  type StockSyncResult,
} from '../../contracts/http/stock-sync.ts';
import { readRows } from '../../stock/rows/read-rows.ts';
import type { RowFormat } from '../../stock/rows/row-formats.ts';
import type { StockSync } from '../../stock/stock-sync.ts';
import { prefersToJson } from '../lib/accept.ts';
import { requireUtf8Headers } from '../../validation/body-headers.ts';
import { drain } from '../lib/drain.ts';
import { BODY_PROBLEMS, described, problems } from '../lib/schemas.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { syncReport } from '../lib/sync-report.ts';
import { addVary } from '../lib/vary.ts';
import type { Api } from '../lib/types.ts';
import { actorOf } from '../plugins/authentication.ts';

/** Room for {@link MAX_SYNC_ROWS} rows of usual length. Bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;
const NDJSON = 'application/x-ndjson';

const FORMATS: Readonly<Record<string, RowFormat>> = {
  'application/json': 'json',
  [NDJSON]: 'ndjson',
  'text/csv': 'csv',
};
/** A media type without parameters, or with those that the formats have. */
const MEDIA_TYPE = /^([a-z/+-]+)(?:\s*;\s*[a-z]+="?[a-z0-9-]+"?)*\s*$/i;

const Rows = (description: string) => Type.Unsafe<string>({ type: 'string', description });

export async function stockSyncRoutes(app: Api, stockSync: StockSync): Promise<void> {
  app.delete(
    '/v1/stock/sequences',
    {
      config: { scope: 'stock:write', logs: { action: 'stock_sequences_reset', object: 'sku' } },
      schema: {
        operationId: 'resetStockSequences',
        summary: 'Reset the sequences of a source',
        description:
          'For a source that counts from 1 again: of one item, of one location, or of all. Without `source`, the sequence of the item `sku` that `PUT /v1/stock/{sku}` compares. What was applied stays. Safe to repeat.',
        tags: ['stock'],
        querystring: SequenceFilter,
        response: { 200: described(SequenceReset, 'How many were reset.'), ...problems() },
      },
    },
    ({ query }) => {
      if (query.source === undefined && query.sku === undefined)
        throw invalidRequest([{ field: 'source', message: 'is required, unless sku names an item' }]);
      return stockSync.resetSequences(query);
    },
  );

  // The rows are read from the request as they come, so that this route has a parser of its own.
  await app.register((scope: Api, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => {
      parsed(null, payload);
    });

    scope.post(
      '/v1/stock/sync',
      {
        config: { scope: 'stock:write', logs: { action: 'stock_reported', object: 'sku' } },
        bodyLimit: BODY_LIMIT,
        validatorCompiler: () => () => true,
        schema: {
          operationId: 'syncStock',
          summary: 'Report stock: counts, what can be sold, arrivals',
          description: `Up to ${MAX_SYNC_ROWS} rows, applied in their order while they arrive. Each row has its own result; a row that is not valid does not stop the others. With \`Accept: ${NDJSON}\` the results are one JSON object a line. Safe to repeat: a row that was applied is \`stale\`.`,
          tags: ['stock'],
          body: {
            content: {
              'application/json': { schema: StockSyncRequest },
              [NDJSON]: { schema: Rows('One row a line, as a JSON object.') },
              'text/csv': {
                schema: Rows('A header with the names of the members, and one row a line. UTF-8, RFC 4180.'),
              },
            },
          },
          response: {
            200: {
              description: 'A result for each row.',
              content: {
                'application/json': { schema: StockSyncReport },
                [NDJSON]: {
                  schema: Type.Unsafe<Readable>({ type: 'string', description: 'One result a line.' }),
                },
              },
            },
            ...problems(...BODY_PROBLEMS),
          },
        },
      },
      async (request, reply) => {
        const format = formatOf(request.headers['content-type']);
        requireUtf8Headers(request.headers);
        const rows = readRows(bytesOf(request.raw), format, BODY_LIMIT);
        const results = resultsOf(stockSync.sync(rows, actorOf(request)), request.raw);
        try {
          const asLines = prefersToJson(NDJSON, request.headers.accept);
          const report = syncReport(await results.next(), results, asLines ? 'ndjson' : 'json');
          return await addVary(reply, 'Accept')
            .type(asLines ? NDJSON : 'application/json')
            .serializer(String)
            .send(report);
        } catch (error) {
          await drain(request.raw);
          throw error;
        }
      },
    );
    done();
  });
}

/** Ends when the request was read to its end: many clients do not take an answer that ends before they have sent everything. */
async function* resultsOf(
  results: AsyncIterable<StockSyncResult>,
  request: IncomingMessage,
): AsyncGenerator<StockSyncResult, void> {
  yield* results;
  await drain(request);
}

/** The bytes of a request that stays open when nobody reads on: its client must still get the answer. */
const bytesOf = (request: IncomingMessage): AsyncIterable<Uint8Array> =>
  request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;

function formatOf(contentType = ''): RowFormat {
  const [, type = ''] = MEDIA_TYPE.exec(contentType) ?? [];
  const format = FORMATS[type.toLowerCase()];
  if (format === undefined)
    throw new Problem(
      'unsupported_media_type',
      `Send one of the content types ${Object.keys(FORMATS).join(', ')}.`,
      {
        errors: [{ field: 'Content-Type', message: `must be one of ${Object.keys(FORMATS).join(', ')}` }],
      },
    );
  return format;
}
