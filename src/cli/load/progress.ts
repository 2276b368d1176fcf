import { SingleBar } from 'cli-progress';
import { statusLine } from '../output/status-line.ts';
import type { Output } from '../output/terminal.ts';

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** Shows a bar on a terminal, and lines elsewhere. `total` is Infinity when only the time is limited, and there is no bar then. */
export function showProgress(stream: Output, total: number): Progress {
  return stream.isTTY === true && Number.isFinite(total) ? bar(stream, total) : count(stream, total);
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

function count(stream: Output, total: number): Progress {
  const line = statusLine(stream);
  return {
    update: (done) => {
      line.show(`orders: ${done}${Number.isFinite(total) ? ` of ${total}` : ''}`);
    },
    stop: () => {
      line.stop();
    },
  };
}
