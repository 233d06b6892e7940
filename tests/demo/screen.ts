/** The subject of a line, printed before its text. */
type Topic =
  'demo' | 'juju' | 'hook' | 'action' | 'status' | 'step' | 'job' | 'relation' | 'cloud' | 'problem';

/** The output of the demo. */
export interface Screen {
  /** Starts a new part of the story. */
  heading(text: string): void;
  line(topic: Topic, text: string): void;
  /** Replaces the live lines below all other lines. Only a terminal shows them. */
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

/** Creates text output, with colours and live lines on a terminal, or JSON output with one object per line. */
export function createScreen(options: ScreenOptions): Screen {
  return options.format === 'json' ? createJsonScreen(options) : createTextScreen(options);
}

function createJsonScreen({ write, elapsed }: ScreenOptions): Screen {
  const print = (entry: object): void =>
    write(`${JSON.stringify({ seconds: elapsed() / 1000, ...entry })}\n`);
  return {
    heading: (text) => print({ topic: 'heading', text }),
    line: (topic, text) => print({ topic, text }),
    live: () => undefined,
  };
}

function createTextScreen({ isTerminal, columns, write, elapsed }: ScreenOptions): Screen {
  const paint = (code: string, text: string): string =>
    isTerminal && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  let shown: readonly string[] = [];
  const erase = (): string => (isTerminal && shown.length > 0 ? `\u001b[${shown.length}A\u001b[0J` : '');
  const renderLive = (): string => shown.map((each) => `${paint('2', cut(each, columns - 1))}\n`).join('');
  const put = (text: string): void => write(`${erase()}${text}${isTerminal ? renderLive() : ''}`);
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
      if (isTerminal) write(`${before}${renderLive()}`);
    },
  };
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
