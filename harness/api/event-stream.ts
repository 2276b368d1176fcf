/** One message of a server-sent event stream. */
export interface StreamMessage {
  /** The last id that the stream gave, also by an earlier message. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events as the HTML standard defines it (9.2.6): lines ended by CR, LF or both, comments
 * skipped, several data lines joined; a message that the end of the stream cuts off is dropped.
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  let id: string | undefined;
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder(); // drops the byte order mark that a stream may begin with
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the very end may be half of a CRLF, so it waits for what follows.
    const complete = /^.*(?:\r\n|\n|\r(?!$))/s.exec(rest)?.[0] ?? '';
    rest = rest.slice(complete.length);
    const lines = complete.split(/\r\n|\n|\r/);
    lines.pop();
    yield* lines;
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1);
}
