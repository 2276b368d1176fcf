import type { Logger } from 'pino';
import type { Journal } from '../storage/journal.ts';
import { WebhookSender } from '../webhooks/sender.ts';
import { CarrierClock } from './clock.ts';
import { EasyPostFaults } from './faults.ts';
import { EasyPostLedger, type LedgerEntry } from './ledger.ts';
import type { EventRecord, LedgerRecord } from './records.ts';
import { EasyPostService } from './service.ts';
import { webhookMessage } from './webhook-message.ts';

export interface EasyPostOptions {
  /** The URL that events are sent to; without it no events are sent. */
  readonly webhookUrl: string | undefined;
  /** Signs the events. */
  readonly webhookSecret: string;
  /** After how many milliseconds a parcel moves on by itself, and a refund is decided; 0: only by command. */
  readonly stepMs: number;
  readonly slowMs: number;
  readonly journal: () => Journal<LedgerEntry>;
  /** Returns the base URL of the sandbox, for links to its own pages. */
  readonly baseUrl: () => string;
  readonly stopping: AbortSignal;
  readonly logger: Logger;
}

/** The parts of the simulated EasyPost: its ledger, its faults, and all that changes and reports by itself. */
export class EasyPostSandbox {
  readonly ledger = new EasyPostLedger();
  readonly faults = new EasyPostFaults();
  readonly service: EasyPostService;
  /** Undefined if no webhook URL is configured. */
  readonly webhooks: WebhookSender<EventRecord> | undefined;
  readonly baseUrl: () => string;
  /** Resolves when all changes of the ledger are written to its journal. */
  readonly flushed: () => Promise<void>;
  readonly #clock: CarrierClock;
  readonly #stepMs: number;
  readonly #logger: Logger;

  constructor(options: EasyPostOptions) {
    const { webhookUrl, stepMs, slowMs, journal, stopping, logger } = options;
    const { ledger, faults } = this;
    this.baseUrl = options.baseUrl;
    this.flushed = () => journal().flushed();
    this.#stepMs = stepMs;
    this.#logger = logger;
    this.webhooks =
      webhookUrl === undefined
        ? undefined
        : new WebhookSender({
            url: webhookUrl,
            logger,
            event: (id) => ledger.events.get(id),
            message: (event) => webhookMessage(event, options.webhookSecret, options.baseUrl()),
            createdAt: ({ created_at }) => Date.parse(created_at),
            onDone: (id) => {
              ledger.apply({ delivered: [id] });
              void journal()
                .append({ delivered: [id] })
                .catch(() => undefined);
            },
          });
    this.#clock = new CarrierClock((record) => {
      this.#move(record).catch((error: unknown) => {
        logger.error({ err: error, id: record.id }, 'sandbox could not move a parcel');
      });
    });
    this.service = new EasyPostService({
      ledger,
      faults,
      journal,
      stepMs,
      slowMs,
      stopping,
      hasWebhook: this.webhooks !== undefined,
      onCommitted: (entry) => {
        this.webhooks?.send(entry.pending ?? []);
        this.#clock.watch(entry);
      },
    });
  }

  /** Sends the events that are pending, and moves the parcels. Call it when the journal has been read. */
  start(): void {
    this.webhooks?.send(this.ledger.pending);
    if (this.#stepMs > 0) this.#clock.start(this.ledger);
    this.#logger.debug({ stepMs: this.#stepMs }, 'sandbox tracks parcels');
  }

  stop(): void {
    this.#clock.stop();
    this.webhooks?.stop();
  }

  async #move(record: LedgerRecord): Promise<void> {
    if (record.object === 'Tracker') await this.service.report(record.id, {});
    if (record.object === 'Shipment') await this.service.decideRefund(record.id, 'refunded');
  }
}
