import type { Output } from '../output/terminal.ts';

/** Control sequences of ECMA-48 and xterm: the alternate screen, with no cursor, on which long lines are cut and not wrapped. */
const ALTERNATE_SCREEN = { enter: '\x1b[?1049h\x1b[?25l\x1b[?7l', leave: '\x1b[?7h\x1b[?25h\x1b[?1049l' };
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A screen that can be redrawn without flicker. `close` restores the terminal. */
export class Screen {
  readonly #stream: Output;

  constructor(stream: Output) {
    this.#stream = stream;
    stream.write(ALTERNATE_SCREEN.enter);
  }

  /** How many lines fit. */
  get rows(): number {
    return this.#stream.rows ?? 24;
  }

  draw(text: string): void {
    const lines = text.split('\n').slice(0, this.rows - 1);
    const frame = lines.map((line) => `${line}${CLEAR_LINE}`).join('\n');
    this.#stream.write(`${HOME}${frame}\n${CLEAR_BELOW}`);
  }

  close(): void {
    this.#stream.write(ALTERNATE_SCREEN.leave);
  }
}
