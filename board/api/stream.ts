import { SseParser, type ServerSentEvent } from '../lib/sse-parser.ts';

export interface StreamHandlers {
  onOpen: () => void;
  onEvent: (event: ServerSentEvent) => void;
  /** Comments of the server: it lives. */
  onBeat?: () => void;
  /** `status`: that of an answer which is no stream, 204 where nothing more will come. Undefined: the connection was lost. */
  onEnd: (status?: number) => void;
}

/**
 * Opens a stream of server-sent events. Not by `EventSource`, which hides the status of the answer and the names of events.
 * Returns how to close it; nothing is called afterwards.
 */
export function openStream(path: string, handlers: StreamHandlers, lastEventId?: string): () => void {
  const abort = new AbortController();
  // A page that the browser keeps for its back button would keep its connections too, and a browser has six for a server. The stream
  // ends with the page, and is opened again when the page is shown again.
  const leave = () => {
    abort.abort();
    handlers.onEnd();
  };
  addEventListener('pagehide', leave);
  const forget = () => {
    removeEventListener('pagehide', leave);
  };
  void read(path, handlers, abort.signal, lastEventId).finally(forget);
  return () => {
    forget();
    abort.abort();
  };
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
