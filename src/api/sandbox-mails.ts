/** A mail as the sandbox received it, however often. */
export interface ReceivedMail {
  subject: string;
  body: string;
  copies: number;
}

/** Milliseconds. */
const LIMIT_MS = 2_000;

/**
 * What the sandbox's mail server has received for an order, by Message-ID without its brackets. A sandbox that does not answer
 * is as good as none, `undefined`: the mails are still listed, without what they say.
 */
export async function receivedMails(
  sandboxUrl: string,
  orderId: string,
): Promise<Map<string, ReceivedMail> | undefined> {
  const mails = await fetchMails(sandboxUrl, orderId);
  if (!mails) return undefined;
  const byId = new Map<string, ReceivedMail>();
  for (const { messageId, subject = '', text = '' } of mails) {
    const id = bareMessageId(messageId);
    const known = byId.get(id);
    if (known) known.copies += 1;
    else byId.set(id, { subject, body: text, copies: 1 });
  }
  return byId;
}

export const bareMessageId = (messageId: string): string => messageId.replace(/^<|>$/g, '');

interface SandboxMail {
  messageId: string;
  subject?: string;
  text?: string;
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
