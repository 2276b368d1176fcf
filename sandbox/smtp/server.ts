import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { mailRecord } from './mailbox.ts';
import type { MailRecord } from './mailbox.ts';

/** How the mail server answers the next messages. */
export const SMTP_MODES = ['accept', 'refuse', 'defer', 'drop-after-data'] as const;
/**
 * `refuse`: 550 for every recipient, a permanent failure. `defer`: 451, a temporary failure. `drop-after-data`: the message is
 * stored and the connection is closed before the 250, so that the sender does not know whether it was accepted.
 */
export type SmtpMode = (typeof SMTP_MODES)[number];

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  /** Resolves when the message is on disk. The server answers 250 only after that. */
  readonly store: (mail: MailRecord) => Promise<void>;
}

/** A mail server that accepts mail from any sender to any recipient by plain SMTP (RFC 5321), and stores it. */
export class SmtpReceiver {
  mode: SmtpMode = 'accept';
  readonly #options: SmtpOptions;
  readonly #server: SMTPServer;
  readonly #sockets = new Map<string, Socket>();

  constructor(options: SmtpOptions) {
    this.#options = options;
    this.#server = new SMTPServer({
      name: 'sandbox',
      banner: 'durable-checkout sandbox',
      authOptional: true,
      disableReverseLookup: true,
      // Senders that verify certificates would refuse its self-signed certificate.
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      closeTimeout: 500,
      onAuth: (auth, _session, callback) => {
        callback(null, { user: auth.username ?? 'anyone' });
      },
      onRcptTo: (_address, _session, callback) => {
        if (this.mode === 'refuse') callback(smtpError(550, 'mailbox unavailable (sandbox)'));
        else if (this.mode === 'defer') callback(smtpError(451, 'try again later (sandbox)'));
        else callback();
      },
      onData: (stream, session, callback) => {
        this.#receive(stream, session).then(
          () => {
            if (this.mode === 'drop-after-data') this.#sockets.get(socketKey(session))?.destroy();
            else callback();
          },
          (error: unknown) => {
            options.logger.error({ err: error }, 'sandbox could not store a message');
            callback(smtpError(451, 'the message could not be stored'));
          },
        );
      },
    });
    this.#server.on('error', (error) => {
      options.logger.debug({ err: error }, 'sandbox lost an SMTP connection');
    });
    this.#server.server.on('connection', (socket) => {
      const key = socketKey(socket);
      this.#sockets.set(key, socket);
      socket.once('close', () => this.#sockets.delete(key));
    });
  }

  /** Resolves with the port that the server listens on. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const { server } = this.#server;
      server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        server.off('error', reject);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : this.#options.port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #receive(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const sender = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const recipients = envelope.rcptTo.map(({ address }) => address);
    await this.#options.store(mailRecord(sender, recipients, Buffer.concat(chunks)));
  }
}

function socketKey({
  remoteAddress,
  remotePort,
}: {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
}): string {
  return `${(remoteAddress ?? '').replace(/^::ffff:/, '')} ${remotePort ?? 0}`;
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
