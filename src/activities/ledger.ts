import { mapLedgerSteps, type LedgerActivities } from '../contracts/temporal/ledger-steps.ts';
import { permanentFaultsFail } from './database-faults.ts';

/** The steps in our own database, with the database's faults turned into failures that Temporal retries or does not retry. */
export const createLedgerActivities = (ledger: LedgerActivities): LedgerActivities =>
  mapLedgerSteps((name) => (items) => permanentFaultsFail<unknown[]>(() => ledger[name](items)));
