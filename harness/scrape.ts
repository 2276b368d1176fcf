/** One series of an answer of `/metrics`. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An answer of `/metrics` in the text format of Prometheus. */
export class Scrape {
  readonly series: readonly Series[];
  /** The type of each metric by its name. */
  readonly types: ReadonlyMap<string, string>;

  constructor(text: string) {
    const lines = text.split('\n');
    this.series = lines.filter((line) => line !== '' && !line.startsWith('#')).map(seriesOf);
    this.types = new Map(
      lines.flatMap((line) => {
        const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
        return name === undefined || type === undefined ? [] : [[name, type] as const];
      }),
    );
  }

  /** The sum of all series of this name that have these labels; 0 if there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.find(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  find(name: string, labels: Readonly<Record<string, string>> = {}): Series[] {
    const wanted = Object.entries(labels);
    return this.series.filter(
      (each) => each.name === name && wanted.every(([label, value]) => each.labels[label] === value),
    );
  }
}

/** @param url the address of `/metrics` */
export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return new Scrape(await answer.text());
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function seriesOf(line: string): Series {
  const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
  if (name === '') throw new Error(`This is not a line of the text format of Prometheus: ${line}`);
  return {
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text] as const),
    ),
    value: value === '+Inf' ? Infinity : Number(value),
  };
}
