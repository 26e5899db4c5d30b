import type { ArmStyle } from '../charts/theme.ts';
import { html, type Markup } from './markup.ts';
import { symbolPath } from './symbol-path.ts';

/** The line and shape that stand for an arm in every chart. */
export function swatch({ colour, shape, dash }: ArmStyle): Markup {
  return html`<svg class="swatch" viewBox="0 0 26 12" aria-hidden="true"><path d="M0,6H26" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash.join(' ')}"/><path transform="translate(13,6)" d="${symbolPath(shape)}" fill="${colour}" stroke="${colour}"/></svg>`;
}

/** Names of the arms that a chart shows. */
export function legend(styles: readonly ArmStyle[]): Markup {
  return html`<ul class="legend">${styles.map((style) => html`<li>${swatch(style)}${style.arm}</li>`)}</ul>`;
}
