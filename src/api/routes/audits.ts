import { Type } from 'typebox';
import { AuditRequest, AuditView } from '../../contracts/http/audit.ts';
import type { AuditClient } from '../../orders/temporal/audit-client.ts';
import { preferredWait } from '../prefer.ts';
import { DEFAULT_LIMIT, described, PageLimit, problems } from '../schemas.ts';
import type { Api } from '../types.ts';

const AuditPath = Type.Object(
  { auditId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' }) },
  { additionalProperties: false },
);
const AuditHeaders = Type.Object({
  Prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds (at most 60) for the report.' }),
  ),
});
const ListQuery = Type.Object({ limit: PageLimit }, { additionalProperties: false });
const Audits = Type.Object({ data: Type.Array(AuditView) }, { additionalProperties: false });

const scope = 'audit:run';

/** The audit is of the whole shop, not of one client: its scope is not for storefronts. */
export function auditRoutes(app: Api, audits: AuditClient): void {
  app.post(
    '/v1/audits',
    {
      config: { scope },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Begin an audit',
        description:
          'Compares orders, stock, payments, refunds, mails and events with each other, with the books of the payment provider, and with the workflows. Changes nothing.',
        tags: ['operation'],
        headers: AuditHeaders,
        body: AuditRequest,
        response: {
          200: described(AuditView, 'It has ended: `done` with its report, or `failed`.'),
          202: described(AuditView, 'It runs; what it has found is shown when it is `done`.'),
          ...problems('invalid_json', 'body_too_large', 'unsupported_media_type'),
        },
      },
    },
    async (request, reply) => {
      const wait = preferredWait(request.headers.prefer);
      const { since } = request.body;
      const auditId = await audits.start(since === undefined ? {} : { since });
      reply.header('Location', `/v1/audits/${auditId}`);
      if (wait > 0) reply.header('Preference-Applied', `wait=${wait}`);
      const audit = await audits.outcome(auditId, wait * 1_000, () => request.raw.socket.destroyed);
      return reply.code(audit.state === 'running' ? 202 : 200).send(audit);
    },
  );

  app.get(
    '/v1/audits/:auditId',
    {
      config: { scope },
      schema: {
        summary: 'One audit',
        tags: ['operation'],
        params: AuditPath,
        response: { 200: described(AuditView, 'The audit as it is now.'), ...problems('audit_not_found') },
      },
    },
    ({ params: { auditId } }) => audits.find(auditId),
  );

  app.get(
    '/v1/audits',
    {
      config: { scope },
      schema: {
        summary: 'Audits, newest first',
        description: 'Without their differences.',
        tags: ['operation'],
        querystring: ListQuery,
        response: { 200: described(Audits, 'The newest.'), ...problems() },
      },
    },
    async ({ query: { limit = DEFAULT_LIMIT } }) => ({ data: await audits.list(limit) }),
  );
}

function bodyMayBeAbsent(request: { body: unknown }, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}
