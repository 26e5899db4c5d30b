/** The last line that a lost process wrote, as the end of a sentence; nothing where it wrote none. */
export function lastWords(log: string): string {
  const line = log.trimEnd().split('\n').at(-1)!.slice(0, 160);
  return line === '' ? '' : `; the last that it wrote is “${line}”`;
}
