import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** `results.json` of a folder without what the machine has a say in: equal plans give equal texts. */
export async function resultsOf(directory: string): Promise<string> {
  const text = await readFile(path.join(directory, 'results.json'), 'utf8');
  return JSON.stringify(JSON.parse(text, (key, value) => (key === 'timings' ? undefined : value)));
}
