import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { createStore } from '../lib/store.ts';
import { useData } from './data.ts';

/** The brakes that are on, newest first. Empty until they are known. */
export const brakesOn = createStore<readonly BrakeView[]>([]);

/** Every page shows them, so they are read often. Milliseconds. */
const REFRESH_MS = 2_000;
const MAX_SHOWN = 100;

const readOn = async (signal?: AbortSignal): Promise<void> => {
  if (!hasScope('brakes:read')) return;
  const { data } = await get<Page<BrakeView>>(
    withQuery('/v1/brakes', { state: 'on', limit: MAX_SHOWN }),
    signal,
  );
  if (JSON.stringify(data) !== JSON.stringify(brakesOn.get())) brakesOn.set(data);
};

/** Reads the brakes as long as it is shown. It shows nothing, so that a reading renders nothing else anew. */
export function BrakeReader(): null {
  useData('brakes on', (signal) => readOn(signal), REFRESH_MS);
  return null;
}

/** Reads them now, after a change. A failure is left to the next reading. */
export const refreshBrakes = (): void => void readOn().catch(() => undefined);
