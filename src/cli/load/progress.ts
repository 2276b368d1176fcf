import { SingleBar } from 'cli-progress';
import { writeLine, type Output } from '../terminal.ts';

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** At most one line in so many milliseconds where there is no screen. */
const LINE_EVERY_MS = 2_000;

/** A bar on a terminal, a line now and then elsewhere. `total` is Infinity where only the time is limited. */
export function showProgress(stream: Output, total: number): Progress {
  return stream.isTTY === true && Number.isFinite(total) ? bar(stream, total) : lines(stream, total);
}

function bar(stream: Output, total: number): Progress {
  const single = new SingleBar({
    stream,
    format: 'orders {bar} {value}/{total}  {duration_formatted}, {eta_formatted} to go',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false, // Ctrl-C ends the run in order, and the bar with it
  });
  single.start(total, 0);
  return {
    update: (done) => {
      single.update(done);
    },
    stop: () => {
      single.stop();
    },
  };
}

function lines(stream: Output, total: number): Progress {
  let next = Date.now() + LINE_EVERY_MS;
  return {
    update(done) {
      if (Date.now() < next) return;
      next = Date.now() + LINE_EVERY_MS;
      writeLine(stream, `orders: ${done}${Number.isFinite(total) ? ` of ${total}` : ''}`);
    },
    stop: () => undefined,
  };
}
