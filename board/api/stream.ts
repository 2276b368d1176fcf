import { SseParser, type ServerSentEvent } from '../lib/sse-parser.ts';

export interface StreamHandlers {
  onOpen: () => void;
  onEvent: (event: ServerSentEvent) => void;
  /** Comments of the server: it lives. */
  onBeat?: () => void;
  /** `status`: that of an answer which is no stream, 204 where nothing more will come. Undefined: the connection was lost. */
  onEnd: (status?: number) => void;
}

/** A tab that is hidden for longer has no streams. Milliseconds. */
const HIDDEN_MS = 1_000;

/**
 * Opens a stream of server-sent events. Not by `EventSource`, which hides the status of the answer and the names of events.
 * Returns how to close it; nothing is called afterwards.
 *
 * A browser has six connections for a server of HTTP/1.1, for all of its tabs. So a hidden tab has none: the stream waits, and goes on after
 * its last event when the tab is shown.
 */
export function openStream(path: string, handlers: StreamHandlers, lastEventId?: string): () => void {
  let last = lastEventId;
  let reading: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = () => {
    reading?.abort();
    reading = undefined;
  };
  const close = () => {
    pause();
    clearTimeout(timer);
    removeEventListener('pagehide', leave);
    document.removeEventListener('visibilitychange', look);
  };
  const end = (status?: number) => {
    close();
    handlers.onEnd(status);
  };
  const start = () => {
    reading = new AbortController();
    const onEvent = (event: ServerSentEvent) => {
      last = event.id ?? last;
      handlers.onEvent(event);
    };
    void read(path, { ...handlers, onEvent, onEnd: end }, reading.signal, last);
  };
  // A page that the browser keeps for its back button would keep its connections too. The stream ends with the page, and is opened again
  // when the page is shown again.
  function leave() {
    end();
  }
  function look() {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(pause, HIDDEN_MS);
    else if (!reading) start();
  }
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', look);
  if (!document.hidden) start();
  return close;
}

async function read(
  path: string,
  { onOpen, onEvent, onBeat, onEnd }: StreamHandlers,
  signal: AbortSignal,
  lastEventId?: string,
): Promise<void> {
  try {
    const response = await fetch(path, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal,
    });
    if (!response.ok || response.status === 204 || response.body === null) {
      onEnd(response.status);
      return;
    }
    onOpen();
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) break;
      onBeat?.();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) onEvent(event);
    }
    onEnd();
  } catch {
    if (!signal.aborted) onEnd();
  }
}
