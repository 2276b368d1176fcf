import { setTimeout as delay } from 'node:timers/promises';
import { CommanderError } from 'commander';
import type { AuditView } from '../../contracts/http/audit.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import { counted } from '../../domain/counted.ts';
import { describeProgress, drawAudit } from '../output/audit.ts';
import { statusLine } from '../output/status-line.ts';
import { contextOf, wantsJson } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { ApiError, TransportError } from '../../../harness/api/errors.ts';
import { CliError, codeOf, isUserError } from '../support/errors.ts';
import { isoTime, wholeNumber } from '../support/options.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

interface AuditFlags {
  since?: string;
  wait: number;
}

/** Exit code 1 says that there are differences. A failed audit has another one. */
const AUDIT_FAILED = 2;
const POLL_INTERVAL_MS = 500;
/** HTTP statuses after which the same call may succeed a moment later. */
const TRANSIENT: ReadonlySet<number> = new Set([429, 503]);

/** `checkout audit`: exits with 0 when there is no difference, with 1 when there is, and with 2 when the audit failed. */
export const define: Define = (command, terminal) => {
  command
    .option(
      '--since <time>',
      'what was placed or changed since then, such as 2026-01-31 or 2026-01-31T12:00Z (default: AUDIT_WINDOW_DAYS)',
      isoTime,
    )
    .option('--wait <seconds>', 'how long to wait for the report, in seconds', wholeNumber(1), 300)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CommanderError(AUDIT_FAILED, error.code, error.message);
    })
    .action(async ({ since, wait }: AuditFlags) => {
      const json = wantsJson(command);
      const progress = statusLine(terminal.stderr);
      const audit = await orAuditFailed(() =>
        run(contextOf(command, terminal).api, since, wait, (running) => {
          const { text, phase } = describeProgress(running);
          if (!json) progress.show(text, phase);
        }),
      ).finally(() => {
        progress.stop();
      });
      if (json) writeJson(terminal.stdout, audit);
      else writeLine(terminal.stdout, drawAudit(terminal.stdout, audit));
      const { differenceCount: count = 0 } = audit;
      if (count > 0)
        throw new CliError(
          'differences_found',
          `There ${count === 1 ? 'is' : 'are'} ${counted(count, 'difference')}.`,
        );
    });
};

async function run(
  api: ApiClient,
  since: string | undefined,
  waitSeconds: number,
  onProgress: (audit: AuditView) => void,
): Promise<AuditView> {
  const deadline = Date.now() + waitSeconds * 1_000;
  let audit = await api.startAudit(since);
  while (audit.state === 'running') {
    onProgress(audit);
    if (Date.now() >= deadline)
      throw new CliError(
        'audit_running',
        `Audit ${audit.auditId} is still running after ${waitSeconds} s. Read its report later: GET /v1/audits/${audit.auditId}.`,
      );
    await delay(POLL_INTERVAL_MS);
    audit = (await readAudit(api, audit.auditId)) ?? audit;
  }
  if (audit.state === 'failed')
    throw new CliError('audit_failed', `Audit ${audit.auditId} failed. Its workflow in Temporal shows why.`);
  return audit;
}

/** Undefined when the API does not answer at the moment; the audit goes on. */
async function readAudit(api: ApiClient, auditId: string): Promise<AuditView | undefined> {
  try {
    return await api.getAudit(auditId);
  } catch (error) {
    const isTransient =
      error instanceof TransportError || (error instanceof ApiError && TRANSIENT.has(error.status));
    if (!isTransient) throw error;
    return undefined;
  }
}

async function orAuditFailed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new CliError(codeOf(error), error.message, { cause: error, exitCode: AUDIT_FAILED });
  }
}
