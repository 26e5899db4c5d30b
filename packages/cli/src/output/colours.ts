import { Ansis } from 'ansis';

/** A stream as far as colours are concerned. */
export interface MaybeTerminal {
  readonly isTTY?: boolean;
}

/**
 * Colours for one stream: `NO_COLOR` (any value but an empty one) turns them off, `FORCE_COLOR` on; otherwise they go to
 * terminals alone.
 *
 * @source https://no-color.org, https://force-color.org
 */
export function coloursFor(stream: MaybeTerminal, environment: NodeJS.ProcessEnv = process.env): Ansis {
  return new Ansis(hasColours(stream, environment) ? 1 : 0);
}

function hasColours(stream: MaybeTerminal, environment: NodeJS.ProcessEnv): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}
