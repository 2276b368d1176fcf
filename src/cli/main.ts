import { run } from './run.ts';
import type { Terminal } from './output/terminal.ts';

/** The exit code of a process that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  // Opened when it is asked for: an open input would keep a process alive.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  interrupted() {
    const controller = new AbortController();
    process.once('SIGINT', () => {
      controller.abort();
      process.once('SIGINT', () => process.exit(INTERRUPTED)); // a second Ctrl-C ends the process at once
    });
    process.once('SIGTERM', () => {
      controller.abort();
    });
    return controller.signal;
  },
};

// The reader of the pipe has closed it, as `checkout list | head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), terminal);
