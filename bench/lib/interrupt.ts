/**
 * A signal that Ctrl-C or SIGTERM aborts, so that a run stops everything it has started, in order. A second Ctrl-C ends the
 * process at once.
 */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error('interrupted'));
    });
  }
  return controller.signal;
}
