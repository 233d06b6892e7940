/** The longest text of one place of the page. Messages of clouds have any length. */
const MAX_LENGTH = 400;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that show nothing or change the order of the text around them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** Markup. Only `markup` creates it, so every other text is escaped. */
export class Html {
  readonly text: string;

  constructor(literals: readonly string[], values: readonly HtmlValue[]) {
    this.text = literals.map((literal, index) => literal + render(values[index] ?? '')).join('');
  }
}

/** A value in markup. A text is escaped and cut; in an attribute it must stand between quotes. */
export type HtmlValue = Html | readonly Html[] | string | number;

/** Returns the markup of a template. */
export function markup(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(literals, values);
}

/** Markup without content. */
export const NOTHING = markup``;

/** Escapes a text for an element or a quoted attribute. Cuts it first, because it may have any length. */
export function escapeText(text: string): string {
  const cut = text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
  return cut.replace(INVISIBLE, ' ').replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(render).join('') : escapeText(String(value));
}
