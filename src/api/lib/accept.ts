/**
 * Whether a client prefers HTML to JSON, by the header `Accept` (RFC 9110, section 12.5.1). A browser does; a client that accepts
 * both alike, as curl does with its wildcard, gets JSON.
 */
export const prefersHtml = (accept: string | undefined): boolean => prefersToJson('text/html', accept);

/** Whether a client prefers this media type to JSON. A client that accepts both alike gets JSON. */
export function prefersToJson(type: string, accept: string | undefined): boolean {
  const ranges = (accept ?? '*/*').split(',').map(readRange);
  return qualityOf(type, ranges) > qualityOf('application/json', ranges);
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice('q='.length));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that has the type decides. 0: not accepted. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const [family = ''] = type.split('/');
  for (const candidate of [type, `${family}/*`, '*/*']) {
    const range = ranges.find((each) => each.type === candidate);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
