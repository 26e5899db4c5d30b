// The part of this package that loads nothing else of it: our files and how they are read and written, and random numbers.
// A process that only shows what is finished imports this and no plugins, schemas or tensors.

export { CONFIG_VERSION, MATCHES, type MatchName } from './config/experiment.ts';
export { readConfigFile } from './config/read-config-file.ts';
export { parseSource } from './config/source-map.ts';
export { FORMAT_VERSION } from './files/format-version.ts';
export { readJson, writeJson } from './files/json-file.ts';
export { readRegularFile } from './files/regular-file.ts';
export { createRandom } from './random/random.ts';
