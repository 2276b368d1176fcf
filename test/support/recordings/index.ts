import { BATCH_RECORDINGS } from './batches.ts';
import { CHECKOUT_RECORDINGS } from './checkouts.ts';
import { FULFILMENT_RECORDINGS } from './fulfilments.ts';
import { GROUP_RECORDINGS } from './groups.ts';
import { OPERATION_RECORDINGS } from './operations.ts';
import { PAUSE_RECORDINGS } from './pauses.ts';
import { RETURN_RECORDINGS } from './returns.ts';
import type { Recording } from './steps.ts';

/** Every recording, by the name of the file that its history is written to. */
export const RECORDINGS: Readonly<Record<string, Recording>> = {
  ...CHECKOUT_RECORDINGS,
  ...GROUP_RECORDINGS,
  ...OPERATION_RECORDINGS,
  ...PAUSE_RECORDINGS,
  ...RETURN_RECORDINGS,
  ...FULFILMENT_RECORDINGS,
  ...BATCH_RECORDINGS,
};
