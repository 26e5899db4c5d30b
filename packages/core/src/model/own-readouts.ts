import { ForetokenError } from '@foretoken/engine/errors';
import type { Head } from '../contracts/head.ts';
import type { Definition } from '../plugins/define.ts';

/** Whether a head declares that it brings the readouts of its further offsets. */
export function bringsReadouts(
  { ownReadout = false }: Definition<'head'>,
  options: Readonly<Record<string, unknown>>,
): boolean {
  return typeof ownReadout === 'function' ? ownReadout(options) : ownReadout;
}

/**
 * Refuses readouts that a head brings without declaring it, where they are to be replicated: the setting would do
 * nothing, and an arm of an ablation would be another one under its name.
 *
 * @throws CONFIG_CONFLICT if a further offset has a readout of the head's own
 */
export function refuseOwnReadouts(name: string, head: Head, offsets: readonly number[]): void {
  const own = offsets.find((offset) => offset > 1 && head.readout?.(offset) !== undefined);
  if (own === undefined) return;
  throw new ForetokenError(
    'CONFIG_CONFLICT',
    `head "${name}": \`readout\` gives offset ${own} a readout, so model.readout: replicated would do nothing. ` +
      'Use shared; the head’s author declares `ownReadout: true` beside its name.',
  );
}
