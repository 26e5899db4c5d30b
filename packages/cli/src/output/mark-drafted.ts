import type { Ansis } from 'ansis';

/** Marks text that was drafted and accepted: by colour, or by brackets where there are no colours. */
export function markDrafted(text: string, colours: Ansis): string {
  if (text === '') return '';
  return colours.level > 0 ? colours.green(text) : `[${text}]`;
}
