import { existsSync } from 'node:fs';
import path from 'node:path';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { runPaths } from '../training/run-directory.ts';
import { readConfigFile } from './read-config-file.ts';
import { refuseUnreadable } from './report.ts';
import { asConfiguration } from './saved-experiment.ts';
import { member, parseSource, type Source } from './source-map.ts';

/** A configuration file, read. */
export interface Configuration {
  readonly source: Source;
  /** Folder that its relative paths start from: its own; of a run's record, where they started when the run began. */
  readonly baseDirectory: string;
  /** The text of every file that this follows from, by path. */
  readonly texts: { readonly [file: string]: string };
}

/**
 * Reads an experiment as people write it, or as a run has it: `experiment.json` in the run's folder, or a copy of that.
 *
 * @param file - a path, or a text with the path that messages name and relative paths start from
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION
 */
export function readConfiguration(file: string | { readonly text: string; readonly path: string }): Configuration {
  const given = typeof file === 'string' ? { text: readConfigFile(file), path: file } : file;
  const source = asConfiguration(parseSource(given.text, given.path));
  refuseUnreadable(source);
  const folder = path.dirname(path.resolve(given.path));
  const { experiment, provenance } = runPaths(folder);
  const texts = { [given.path]: given.text };
  if (path.resolve(given.path) !== experiment || !existsSync(provenance))
    return { source, baseDirectory: folder, texts };
  const record = readConfigFile(provenance);
  const start = startOf(parseSource(record, provenance)) ?? '.';
  return { source, baseDirectory: path.resolve(folder, start), texts: { ...texts, [provenance]: record } };
}

/** Where a run's record says that paths start, from its folder; a file of somebody else's says nothing. */
function startOf({ value }: Source): string | undefined {
  const version = member(value, 'formatVersion');
  const start = member(value, 'baseDirectory');
  const isRecord = typeof version === 'number' && version <= FORMAT_VERSION;
  return isRecord && typeof start === 'string' ? start : undefined;
}
