/** The members that are read here of a profile that Node's `--cpu-prof` writes: `Profiler.Profile` of the Chrome DevTools protocol. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Microseconds of the monotonic clock, which `process.hrtime` reads as well. */
  readonly startTime: number;
  /** The node that was running at each sample, and the microseconds since the previous sample. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** Counted from 0. */
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

/** V8's name for the time in which no script runs. */
const IDLE = '(idle)';

/** The time within the span that each function took itself, without the functions that it calls; the longest first. Idle time is left out. */
export function selfTimes(profile: CpuProfile, span: Span): FrameTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFrame = new Map<string, { frame: CallFrame; micros: number }>();
  let now = profile.startTime;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    now += delta;
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === IDLE || now < span.from || now > span.to) return;
    const key = `${frame.functionName} ${frame.url} ${frame.lineNumber}`;
    const known = byFrame.get(key);
    if (known) known.micros += delta;
    else byFrame.set(key, { frame, micros: delta });
  });
  return [...byFrame.values()]
    .map(({ frame, micros }) => ({ frame, selfMs: micros / 1000 }))
    .sort((a, b) => b.selfMs - a.selfMs);
}
