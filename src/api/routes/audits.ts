import { Type } from 'typebox';
import { AuditRequest, AuditView } from '../../contracts/http/audit.ts';
import type { AuditClient } from '../../orders/temporal/audit-client.ts';
import { requireReportedTime } from '../../validation/reported-time.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { preferredWait } from '../lib/prefer.ts';
import { BODY_PROBLEMS, DEFAULT_LIMIT, described, PageLimit, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { actorOf } from '../plugins/authentication.ts';

const AuditPath = Type.Object(
  { auditId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$', description: 'The id of the audit.' }) },
  { additionalProperties: false },
);
const AuditHeaders = Type.Object({
  Prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds (at most 60) until the audit has ended.' }),
  ),
});
const ListQuery = Type.Object({ limit: PageLimit }, { additionalProperties: false });
const Audits = Type.Object(
  { data: Type.Array(AuditView) },
  { additionalProperties: false, title: 'AuditList' },
);

const scope = 'audit:run';

/** An audit covers the whole shop, not one client: do not give its scope to storefronts. */
export function auditRoutes(app: Api, audits: AuditClient): void {
  app.post(
    '/v1/audits',
    {
      config: { scope, logs: { action: 'audit_started', object: 'audit' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'startAudit',
        summary: 'Start an audit',
        description:
          'Compares orders, stock, payments, refunds, mails and events with each other, with the records of the payment provider, and with the workflows. Changes nothing.',
        tags: ['audits'],
        headers: AuditHeaders,
        body: AuditRequest,
        response: {
          200: described(
            AuditView,
            'The audit has ended: `done`, with its report, or `failed`.',
            'Location',
            'Preference-Applied',
          ),
          202: described(
            AuditView,
            'The audit is running. Its differences are in the report when it is `done`.',
            'Location',
            'Preference-Applied',
          ),
          ...problems(...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const wait = preferredWait(request.headers.prefer);
      const { since } = request.body;
      const auditId = await audits.start({
        actor: actorOf(request),
        ...(since !== undefined && { since: requireReportedTime('since', since) }),
      });
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
        operationId: 'getAudit',
        summary: 'Retrieve an audit',
        tags: ['audits'],
        params: AuditPath,
        response: { 200: described(AuditView, 'The audit.'), ...problems('audit_not_found') },
      },
    },
    ({ params: { auditId } }) => audits.find(auditId),
  );

  app.get(
    '/v1/audits',
    {
      config: { scope },
      schema: {
        operationId: 'listAudits',
        summary: 'List audits, newest first',
        description: 'The list is without the differences of each audit.',
        tags: ['audits'],
        querystring: ListQuery,
        response: { 200: described(Audits, 'The newest audits.'), ...problems() },
      },
    },
    async ({ query: { limit = DEFAULT_LIMIT } }) => ({ data: await audits.list(limit) }),
  );
}
