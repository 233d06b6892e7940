/** What a line is about; it stands before the text. */
type Topic =
  'demo' | 'juju' | 'hook' | 'action' | 'status' | 'step' | 'job' | 'relation' | 'cloud' | 'problem';

/** Where the demo is told. */
export interface Screen {
  /** Begins a part of the story. */
  heading(text: string): void;
  line(topic: Topic, text: string): void;
  /** What goes on now, below all lines; only a terminal shows it. */
  live(lines: readonly string[]): void;
}

export interface ScreenOptions {
  readonly format: 'text' | 'json';
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly write: (text: string) => void;
  /** Milliseconds since the demo began. */
  readonly elapsed: () => number;
}

const COLORS: Readonly<Record<Topic, string>> = {
  demo: '1',
  juju: '35',
  hook: '34',
  action: '34',
  status: '33',
  step: '2',
  job: '32',
  relation: '36',
  cloud: '35',
  problem: '31',
};
const WIDEST_TOPIC = 8;

/** Lines for people, coloured and with a live foot on a terminal, or one JSON object in each line. */
export function createScreen(options: ScreenOptions): Screen {
  return options.format === 'json' ? createJsonScreen(options) : createTextScreen(options);
}

function createJsonScreen({ write, elapsed }: ScreenOptions): Screen {
  const tell = (entry: object): void => write(`${JSON.stringify({ seconds: elapsed() / 1000, ...entry })}\n`);
  return {
    heading: (text) => tell({ topic: 'heading', text }),
    line: (topic, text) => tell({ topic, text }),
    live: () => undefined,
  };
}

function createTextScreen({ isTerminal, columns, write, elapsed }: ScreenOptions): Screen {
  const paint = (code: string, text: string): string =>
    isTerminal && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  let shown: readonly string[] = [];
  const erase = (): string => (isTerminal && shown.length > 0 ? `\u001b[${shown.length}A\u001b[0J` : '');
  const foot = (): string => shown.map((each) => `${paint('2', cut(each, columns - 1))}\n`).join('');
  const put = (text: string): void => write(`${erase()}${text}${isTerminal ? foot() : ''}`);
  const clock = (): string => `${(elapsed() / 1000).toFixed(1).padStart(5)} s`;
  return {
    heading: (text) => put(`\n${paint('1', text)}\n`),
    line: (topic, text) => {
      const label = paint(COLORS[topic], topic.padEnd(WIDEST_TOPIC));
      put(`${paint('2', clock())}  ${label}  ${topic === 'step' ? paint('2', text) : text}\n`);
    },
    live: (lines) => {
      const before = erase();
      shown = lines;
      if (isTerminal) write(`${before}${foot()}`);
    },
  };
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
