import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, longText, Markup } from './markup.ts';

describe('html', () => {
  it('escapes every value, in elements and in attributes', () => {
    const name = `<img src=x onerror="alert('1')"> & co`;
    expect(html`<b title="${name}">${name}</b>`.text).toBe(
      '<b title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co">' +
        '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co</b>',
    );
  });

  it('takes what is HTML already as it is, lists member by member, and nothing for nothing', () => {
    expect(html`${[html`<i>${'<'}</i>`, 'a', 1, 0]}|${undefined}${false}${null}|${new Markup('<hr>')}`.text).toBe(
      '<i>&lt;</i>a10||<hr>',
    );
  });

  it('lets a long text keep its quotes, and open no element', () => {
    expect(html`<pre>${longText(`{ "a": '</pre><b>' & }`)}</pre>`.text).toBe(
      `<pre>{ "a": '&lt;/pre&gt;&lt;b&gt;' &amp; }</pre>`,
    );
  });

  it('lets no text open or close anything', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        const back = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'");
        expect(back.replaceAll('&amp;', '&')).toBe(text);
      }),
    );
  });
});
