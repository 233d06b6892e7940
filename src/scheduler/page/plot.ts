import { type Html, markup } from './html.ts';

/** One bar of a plot. */
export interface Bar {
  readonly value: number;
  /** The text of its tooltip. */
  readonly title: string;
  readonly isFailed: boolean;
}

/** A plot of bars, the newest at the right. */
export interface Plot {
  /** The text for readers who do not see the bars. */
  readonly title: string;
  /** The largest value, as a text. */
  readonly top: string;
  readonly style: 'duration' | 'size';
  readonly bars: readonly Bar[];
}

const WIDTH = 300;
const HEIGHT = 64;
/** The space of the label above the bars. */
const HEAD = 14;
/** The number of bars for which there is room. */
export const MAX_BARS = 30;

/** Draws bars on a common scale that starts at zero. */
export function drawPlot({ title, top, style, bars }: Plot): Html {
  const largest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const slot = WIDTH / MAX_BARS;
  const drawBar = ({ value, title: text, isFailed }: Bar, index: number): Html => {
    const height = Math.max(2, Math.round(((HEIGHT - HEAD - 1) * value) / largest));
    const x = WIDTH - (bars.length - index) * slot + 1;
    const kind = isFailed ? 'failed' : style;
    return markup`<rect
      class="${kind}"
      x="${x}"
      y="${HEIGHT - 1 - height}"
      width="${slot - 2}"
      height="${height}"
      ><title>${text}</title></rect
    >`;
  };
  return markup`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
    <title>${title}</title>
    <text x="0" y="10">${top}</text>
    <line x1="0" y1="${HEIGHT - 0.5}" x2="${WIDTH}" y2="${HEIGHT - 0.5}" />
    ${bars.map(drawBar)}
  </svg> `;
}
