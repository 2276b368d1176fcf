import { randomInt } from 'node:crypto';
import type { Families } from './families.ts';

/** Below the ports that the system gives to connections, so that none of them takes the port first. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;
const MAX_ATTEMPTS = 20;
/** A scrape waits no longer for the metrics of Temporal's SDK. Milliseconds. */
const TIMEOUT_MS = 2_000;

/**
 * Installs Temporal's runtime with an exporter of its metrics at an address of the loopback interface, and returns the address. The
 * exporter cannot choose a free port itself: where the port is taken, the installation fails, and is repeated with another one.
 *
 * @throws what `install` throws for another reason
 */
export function installWithExporter(install: (address: string) => void): string {
  for (let attempt = 1; ; attempt += 1) {
    const address = `127.0.0.1:${FIRST_PORT + randomInt(PORT_COUNT)}`;
    try {
      install(address);
      return address;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

/** The metrics of Temporal's SDK in this process, in the text format of Prometheus. */
export interface TemporalSource {
  /** Empty if the exporter does not answer. Never rejects. */
  read(): Promise<string>;
}

export function createTemporalSource(
  { sourceUp, sourceErrors }: Pick<Families, 'sourceUp' | 'sourceErrors'>,
  address: string,
): TemporalSource {
  const source = 'temporal';
  sourceErrors.inc({ source }, 0);
  return {
    async read() {
      try {
        const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!answer.ok) throw new Error(`The exporter answered ${answer.status}`);
        const text = await answer.text();
        sourceUp.set({ source }, 1);
        return text;
      } catch {
        sourceErrors.inc({ source });
        sourceUp.set({ source }, 0);
        return '';
      }
    },
  };
}
