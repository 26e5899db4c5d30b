import { ForetokenError, type Json, type Override, parseSource } from '@foretoken/core';

/**
 * Reads `--set path=value`. The value is JSON where it parses as JSON, a mapping or list as in an experiment file where it
 * starts as one, else text: `--set model.head=linear`, `--set training.steps=200`,
 * `--set 'model.head={ name: linear, horizon: 2 }'`.
 *
 * @throws USAGE if there is no `=` or no path
 */
export function parseOverride(text: string): Override {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new ForetokenError(
      'USAGE',
      `--set ${JSON.stringify(text)}: must be path=value. Write it as training.steps=200.`,
    );
  }
  return { path: text.slice(0, at), value: parseValue(text.slice(at + 1)) };
}

/** A value of a command line: JSON, a mapping or list as in an experiment file, or text. */
export function parseValue(text: string, option = '--set'): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    if (!/^\s*[[{]/.test(text)) return text;
    const { value, errors } = parseSource(text, option);
    return errors.length === 0 && value !== undefined ? value : text;
  }
}
