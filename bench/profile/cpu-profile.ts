/** What Node's `--cpu-prof` writes, as far as it is read here: the format of Chrome's DevTools protocol, `Profiler.Profile`. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Microseconds of the monotonic clock that `process.hrtime` reads, too. */
  readonly startTime: number;
  /** The node that was running at each sample, and the microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** Microseconds of the monotonic clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface FrameTime {
  readonly frame: CallFrame;
  readonly selfMs: number;
}

/** What V8 shows where no script runs: waiting, which costs nothing. */
const WAITING = '(idle)';

/** Time in each function itself, without what it calls, within the span; the longest first. Waiting is left out. */
export function selfTimes(profile: CpuProfile, span: Span): FrameTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFrame = new Map<string, { frame: CallFrame; micros: number }>();
  let now = profile.startTime;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    now += delta;
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === WAITING || now < span.from || now > span.to) return;
    const key = `${frame.functionName} ${frame.url} ${frame.lineNumber}`;
    const known = byFrame.get(key);
    if (known) known.micros += delta;
    else byFrame.set(key, { frame, micros: delta });
  });
  return [...byFrame.values()]
    .map(({ frame, micros }) => ({ frame, selfMs: micros / 1000 }))
    .sort((a, b) => b.selfMs - a.selfMs);
}
