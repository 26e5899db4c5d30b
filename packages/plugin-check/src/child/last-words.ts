/** What the framework itself writes about a plugin that ends its process: the reason says the same. */
const OURS = /^[A-Z]+(_[A-Z]+)+: /;

/** The last line that a lost process wrote, as the end of a sentence; nothing where it wrote none. */
export function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !OURS.test(line));
  const last = lines.at(-1)?.trim().slice(0, 160);
  return last === undefined ? '' : `; the last that it wrote is “${last}”`;
}
