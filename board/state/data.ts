import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/problem.ts';
import { session } from '../api/session.ts';
import { pauseAfter } from '../lib/live-feed.ts';
import { useStore } from '../lib/store.ts';

export interface Loaded<T> {
  /** What is known stays while it is refreshed, and when refreshing fails. */
  data: T | undefined;
  problem: ApiProblem | undefined;
  /** Only at first: nothing is known yet. */
  isLoading: boolean;
  refresh: () => void;
}

/**
 * Loads data, anew when `key` changes, and every `every` milliseconds while the page is visible. A failure is tried again by itself
 * after 2 s, 4 s, 8 s … 30 s, but for what the server refuses.
 */
export function useData<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  every?: number,
): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; problem?: ApiProblem }>({ key });
  const [turn, setTurn] = useState(0);
  const isSignedOut = useIsSignedOut();
  const failures = useRef(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (isSignedOut) return; // again after signing in
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (pause: number) => {
      timer = setTimeout(() => {
        if (document.visibilityState === 'hidden') again(pause);
        else setTurn((before) => before + 1);
      }, pause);
    };
    latest.current(abort.signal).then(
      (data) => {
        if (abort.signal.aborted) return;
        failures.current = 0;
        setState({ key, data });
        if (every !== undefined) again(every);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error));
        setState((before) => ({ ...(before.key === key ? before : { key }), problem }));
        failures.current += 1;
        if (problem.status === 0 || problem.status >= 500 || problem.status === 429)
          again(pauseAfter(failures.current));
      },
    );
    return () => {
      abort.abort();
      if (timer !== undefined) clearTimeout(timer);
    };
  }, [key, turn, every, isSignedOut]);

  const refresh = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);
  const isCurrent = state.key === key;
  const data = isCurrent ? state.data : undefined;
  const problem = isCurrent ? state.problem : undefined;
  return { data, problem, isLoading: data === undefined && problem === undefined, refresh };
}

/** Whether the session has ended while the page was open. What was loaded stays. */
export const useIsSignedOut = (): boolean => useStore(session).state === 'expired';

/** The present time, which goes on every `every` milliseconds. */
export function useNow(every = 1_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, every);
    return () => {
      clearInterval(timer);
    };
  }, [every]);
  return now;
}

/** True once `pause` milliseconds have passed, so that what is fast shows nothing in between. */
export function useDelay(pause = 150): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setPassed(true);
    }, pause);
    return () => {
      clearTimeout(timer);
    };
  }, [pause]);
  return passed;
}
