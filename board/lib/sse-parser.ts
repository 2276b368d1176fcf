/** One server-sent event. */
export interface ServerSentEvent {
  id?: string;
  event: string;
  data: string;
}

/**
 * Splits a stream into server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). `push` takes the text as
 * it arrives, in any pieces, and returns the events that it completes. Comments are counted as signs of life by the caller.
 */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | undefined;

  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') this.#takeField(line);
      else if (this.#data.length > 0) events.push(this.#finish());
    }
    return events;
  }

  #takeField(line: string): void {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id') this.#id = value;
  }

  #finish(): ServerSentEvent {
    const event = {
      event: this.#event === '' ? 'message' : this.#event,
      data: this.#data.join('\n'),
      ...(this.#id !== undefined && { id: this.#id }),
    };
    this.#event = '';
    this.#data = [];
    return event;
  }
}
