import { setTimeout as delay } from 'node:timers/promises';
import { CommanderError, type Command } from 'commander';
import type { AuditView } from '../../contracts/http/audit.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import { drawAudit, drawProgress } from '../audit-output.ts';
import { contextOf } from '../context.ts';
import { ApiError, TransportError } from '../../../harness/api/errors.ts';
import { CliError } from '../errors.ts';
import { isoTime, wholeNumber } from '../options.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';

interface AuditFlags {
  since?: string;
  wait: number;
}

/** 1 says that there are differences; that nothing is known must not look the same. */
const COULD_NOT_RUN = 2;
const POLL_INTERVAL_MS = 500;
/** HTTP statuses that say nothing against the same call a moment later. */
const PASSING: ReadonlySet<number> = new Set([429, 503]);

/** `checkout audit`: compares all books with each other; 0 if they agree, 1 if not, 2 if it could not be found out. */
export function registerAudit(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('compare orders, stock, money, mails and workflows with each other and with the provider')
    .option(
      '--since <time>',
      'leave out orders placed before, such as 2026-01-31 or 2026-01-31T12:00Z',
      isoTime,
    )
    .option('--wait <seconds>', 'how long to wait for the report', wholeNumber(1), 300)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CommanderError(COULD_NOT_RUN, error.code, error.message);
    })
    .action(async ({ since, wait }: AuditFlags, command: Command) => {
      const { json } = contextOf(command, terminal);
      const audit = await orCouldNotRun(() =>
        run(contextOf(command, terminal).api, since, wait, (progress) => {
          if (!json) writeLine(terminal.stderr, drawProgress(terminal.stderr, progress));
        }),
      );
      if (json) writeJson(terminal.stdout, audit);
      else writeLine(terminal.stdout, drawAudit(terminal.stdout, audit));
      const { differenceCount: count = 0 } = audit;
      if (count > 0)
        throw new CliError(
          'differences_found',
          count === 1 ? 'There is 1 difference.' : `There are ${count} differences.`,
        );
    });
}

async function run(
  api: ApiClient,
  since: string | undefined,
  waitSeconds: number,
  tell: (audit: AuditView) => void,
): Promise<AuditView> {
  const deadline = Date.now() + waitSeconds * 1_000;
  let audit = await api.startAudit(since);
  while (audit.state === 'running') {
    tell(audit);
    if (Date.now() >= deadline)
      throw new CliError(
        'audit_running',
        `Audit ${audit.auditId} still runs: see GET /v1/audits/${audit.auditId}.`,
      );
    await delay(POLL_INTERVAL_MS);
    audit = (await look(api, audit.auditId)) ?? audit;
  }
  if (audit.state === 'failed')
    throw new CliError(
      'audit_failed',
      `Audit ${audit.auditId} could not be carried through: see its run in Temporal.`,
    );
  return audit;
}

/** The audit goes on whether or not it can be looked at in this moment. */
async function look(api: ApiClient, auditId: string): Promise<AuditView | undefined> {
  try {
    return await api.getAudit(auditId);
  } catch (error) {
    const passing =
      error instanceof TransportError || (error instanceof ApiError && PASSING.has(error.status));
    if (!passing) throw error;
    return undefined;
  }
}

async function orCouldNotRun<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, error.message, { cause: error, exitCode: COULD_NOT_RUN });
  }
}
