/** Reads metrics as Prometheus does, until the returned function is called. */
export function pollMetrics(url: string, intervalMs: number): () => void {
  const timer = setInterval(() => {
    void fetch(url)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
  }, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
