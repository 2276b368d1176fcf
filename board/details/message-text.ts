import type { DeadLetterView } from '../../src/contracts/http/dead-letters.ts';

/** The body with indentation where it is JSON: the data of a CloudEvent, which is what a correction replaces. */
export function readable({ body, bodyBase64 }: DeadLetterView): string {
  if (body === undefined) return bodyBase64 ?? '';
  const parsed = parseJson(body);
  if (parsed === undefined) return body;
  const { value } = parsed;
  const isEnvelope = typeof value === 'object' && value !== null && 'data' in value && 'specversion' in value;
  return JSON.stringify(isEnvelope ? value.data : value, null, 2);
}

export function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
