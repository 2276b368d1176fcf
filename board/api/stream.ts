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
  // A page that the browser keeps for the back button would keep its connection too, and a browser opens six at most.
  const leave = () => {
    abort.abort();
  };
  const comeBack = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    stopListening();
    handlers.onEnd();
  };
  const stopListening = () => {
    removeEventListener('pagehide', leave);
    removeEventListener('pageshow', comeBack);
  };
  addEventListener('pagehide', leave);
  addEventListener('pageshow', comeBack);
  const onEnd = (status?: number) => {
    stopListening();
    handlers.onEnd(status);
  };
  void read(path, { ...handlers, onEnd }, abort.signal, lastEventId);
  return () => {
    stopListening();
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
