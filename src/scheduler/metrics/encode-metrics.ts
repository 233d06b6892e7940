import { METRICS, type Metric, type Sample } from '../../model/unit/metrics.ts';

/** The content type of the text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const LONGEST_LABEL = 200;

/** Renders samples in the text format of Prometheus, in the order of METRICS. A metric without samples is left out. */
export function encodeMetrics(samples: readonly Sample[]): string {
  return Object.entries<Metric>(METRICS)
    .map(([name, { type, help }]) => {
      const own = samples.filter((sample) => sample.name === name);
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...own.map(encodeSample)];
      return own.length === 0 ? '' : `${lines.join('\n')}\n`;
    })
    .join('');
}

function encodeSample({ name, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

/** Escapes a label's value, and cuts it, because names in clouds and databags may have any length. */
function escapeLabel(text: string): string {
  return text
    .slice(0, LONGEST_LABEL)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/\r?\n|\r/g, '\\n');
}
