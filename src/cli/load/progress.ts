import { SingleBar } from 'cli-progress';
import { writeLine, type Output } from '../output/terminal.ts';

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** The time between two lines when the output is not a terminal. Milliseconds. */
const LINE_INTERVAL_MS = 2_000;

/** Shows a bar on a terminal, and a line from time to time elsewhere. `total` is Infinity when only the time is limited. */
export function showProgress(stream: Output, total: number): Progress {
  return stream.isTTY === true && Number.isFinite(total) ? bar(stream, total) : lines(stream, total);
}

function bar(stream: Output, total: number): Progress {
  const single = new SingleBar({
    stream,
    format: 'orders {bar} {value}/{total}  {duration_formatted}, {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false, // the command itself handles Ctrl-C, and stops the bar
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
  let next = Date.now() + LINE_INTERVAL_MS;
  return {
    update(done) {
      if (Date.now() < next) return;
      next = Date.now() + LINE_INTERVAL_MS;
      writeLine(stream, `orders: ${done}${Number.isFinite(total) ? ` of ${total}` : ''}`);
    },
    stop: () => undefined,
  };
}
