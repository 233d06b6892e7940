import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeText, markup } from '../../../src/scheduler/page/html.ts';

describe('markup', () => {
  test('A text in markup is escaped, and markup in markup is not', () => {
    const inner = markup`<b>${'<i>&"\'`'}</b>`;
    expect(markup`<p title="${'"><script>'}">${inner}${[inner]}${7}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;"><b>&lt;i&gt;&amp;&quot;&#39;&#96;</b>' +
        '<b>&lt;i&gt;&amp;&quot;&#39;&#96;</b>7</p>',
    );
  });

  test('No text of any characters can end an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[<>"'`]|\p{Cc}/u);
      }),
    );
  });

  test('A long text is cut before it is escaped', () => {
    expect(escapeText('<'.repeat(1e6))).toHaveLength(399 * '&lt;'.length + 1);
  });

  test('Characters that show nothing or turn the direction of text become blanks', () => {
    expect(escapeText('a\u202eb\0c\nd\u200be\ud800f')).toBe('a b c d e f');
  });
});
