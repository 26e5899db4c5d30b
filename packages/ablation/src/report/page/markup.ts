/** Text that is HTML already. Made by {@link html}, and by whoever has escaped what it wraps. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template; undefined, null and false stand for nothing. */
export type Content = string | number | Markup | undefined | null | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML from a template. Every value but {@link Markup} is text: it is escaped, in elements and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => part + (i < values.length ? rendered(values[i]) : '')).join(''));
}

/** Escapes a text for elements and quoted attributes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);

/** Text of an element that may be long and has many quotes: they stay as they are, so it must not stand in an attribute. */
export const longText = (text: string): Markup =>
  new Markup(text.replaceAll(/[&<>]/g, (character) => ENTITIES[character]));

function rendered(value: Content): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map((one: Content) => rendered(one)).join('');
  return escapeHtml(String(value));
}
