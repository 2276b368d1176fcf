import { SingleBar } from 'cli-progress';
import { statusLine } from '../output/status-line.ts';
import type { Output } from '../output/terminal.ts';

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** Shows a bar on a terminal, and lines elsewhere. `what` is counted. `total` is Infinity when only the time is limited, and there is no bar then. */
export function showProgress(stream: Output, total: number, what = 'orders'): Progress {
  return stream.isTTY === true && Number.isFinite(total)
    ? bar(stream, total, what)
    : count(stream, total, what);
}

function bar(stream: Output, total: number, what: string): Progress {
  const single = new SingleBar({
    stream,
    format: `${what} {bar} {value}/{total}  {duration_formatted}, {eta_formatted} left`,
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

function count(stream: Output, total: number, what: string): Progress {
  const line = statusLine(stream);
  return {
    update: (done) => {
      line.show(`${what}: ${done}${Number.isFinite(total) ? ` of ${total}` : ''}`);
    },
    stop: () => {
      line.stop();
    },
  };
}
