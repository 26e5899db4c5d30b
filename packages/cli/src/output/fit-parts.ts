import { cutToWidth, displayWidth } from './display-width.ts';

/** A part of a line. */
export interface LinePart {
  readonly text: string;
  /** The part with the lowest is left out first; without one it stays. */
  readonly keep?: number;
  /** Colours it once it is known to fit. */
  readonly paint?: (text: string) => string;
}

/**
 * Parts on one line of so many columns: those that matter least are left out until the others fit, and the first that still
 * do not are cut.
 */
export function fitParts(parts: readonly LinePart[], columns: number, separator = '  '): string {
  let kept = parts.filter(({ text }) => text !== '');
  const width = () =>
    kept.reduce((sum, { text }) => sum + displayWidth(text), 0) + Math.max(0, kept.length - 1) * separator.length;
  while (width() > columns) {
    const least = Math.min(...kept.map(({ keep }) => keep ?? Number.POSITIVE_INFINITY));
    if (least === Number.POSITIVE_INFINITY) break;
    kept = kept.filter(({ keep }) => keep !== least);
  }
  const [first, ...others] = kept;
  if (!first) return '';
  const room = Math.max(1, displayWidth(first.text) - Math.max(0, width() - columns));
  const shown = [{ ...first, text: cutToWidth(first.text, room) }, ...others];
  // Where even the shortest line is too long, it is cut, without colours.
  if (width() - displayWidth(first.text) + room > columns) {
    return cutToWidth(shown.map(({ text }) => text).join(separator), columns);
  }
  return shown.map(({ text, paint = (plain: string) => plain }) => paint(text)).join(separator);
}
