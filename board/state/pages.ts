import { useState } from 'preact/hooks';
import { useData, type Loaded } from './data.ts';

/** What was read of a list, with a way to read one page more. */
export type LoadedPages<T> = Loaded<T> & { more: () => void };

/** Loads the first pages of a list, and anew every `every` milliseconds. The pages that were asked for stay. */
export function usePages<T>(
  key: string,
  load: (pages: number, signal: AbortSignal) => Promise<T>,
  every: number,
): LoadedPages<T> {
  const [wanted, setWanted] = useState(1);
  const { data, ...loaded } = useData(
    key,
    async (signal) => ({ pages: wanted, listed: await load(wanted, signal) }),
    every,
  );
  return {
    ...loaded,
    data: data?.listed,
    more: () => {
      const next = (data?.pages ?? 0) + 1;
      if (next === wanted && loaded.problem === undefined) return; // it is being read
      setWanted(next);
      loaded.refresh();
    },
  };
}
