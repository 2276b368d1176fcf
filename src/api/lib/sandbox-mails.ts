/** A mail as the sandbox received it; `copies`: how often. */
export interface ReceivedMail {
  subject: string;
  body: string;
  copies: number;
}

/** How long the sandbox may take to answer. Milliseconds. */
const LIMIT_MS = 2_000;

/**
 * The mails that the sandbox has received for an order, by Message-ID without its angle brackets. `undefined`: the sandbox
 * does not answer; the mails of the order are then listed without their text.
 */
export async function receivedMails(
  sandboxUrl: string,
  orderId: string,
): Promise<Map<string, ReceivedMail> | undefined> {
  const mails = await fetchMails(sandboxUrl, orderId);
  if (!mails) return undefined;
  const byId = new Map<string, ReceivedMail>();
  for (const { messageId, subject, text } of mails) {
    const id = bareMessageId(messageId);
    const known = byId.get(id);
    if (known) known.copies += 1;
    else byId.set(id, { subject: subject ?? '', body: text ?? '', copies: 1 });
  }
  return byId;
}

export const bareMessageId = (messageId: string): string => messageId.replace(/^<|>$/g, '');

interface SandboxMail {
  messageId: string;
  subject?: string;
  /** Null: the sandbox was started again since, and keeps no texts. */
  text?: string | null;
}

async function fetchMails(sandboxUrl: string, orderId: string): Promise<SandboxMail[] | undefined> {
  try {
    const address = new URL('/sandbox/mails', sandboxUrl);
    address.searchParams.set('orderId', orderId);
    const response = await fetch(address, { signal: AbortSignal.timeout(LIMIT_MS) });
    const answer: unknown = response.ok ? await response.json() : undefined;
    const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
    return Array.isArray(data) ? data.filter(isSandboxMail) : undefined;
  } catch {
    return undefined;
  }
}

const isSandboxMail = (value: unknown): value is SandboxMail =>
  typeof value === 'object' && value !== null && 'messageId' in value && typeof value.messageId === 'string';
