/**
 * Which packages each package may import: engine <- core <- {trunks, heads, decoders, evals} <- ablation <- cli.
 * The middle four never import each other: they meet through core's contracts.
 */
export const directions = {
  engine: [],
  core: ['engine'],
  trunks: ['engine', 'core'],
  heads: ['engine', 'core'],
  decoders: ['engine', 'core'],
  evals: ['engine', 'core'],
  ablation: ['engine', 'core', 'trunks', 'heads', 'decoders', 'evals'],
  'plugin-check': ['engine', 'core'],
  cli: ['engine', 'core', 'trunks', 'heads', 'decoders', 'evals', 'ablation', 'plugin-check'],
  'create-plugin': [],
};

/** Outside packages that only one place may name, and why. */
export const confined = [
  { name: /^@tensorflow\//, place: /^packages\/engine\//, why: 'tensors are reached through @foretoken/engine' },
  { name: /^inversify$/, place: /^packages\/core\/src\/di\//, why: 'the composition root alone knows the container' },
  { name: /^tsyringe$/, place: /^packages\/core\/src\/tsyringe\//, why: 'only those who ask for tsyringe load it' },
  { name: /^reflect-metadata$/, place: /\.test\.ts$/, why: 'the application of a container loads it, nobody else' },
];

/** The folder of a workspace package, by the name that others import it under. */
export function folderOf(packageName) {
  if (packageName === 'foretoken') return 'cli';
  return packageName.startsWith('@foretoken/') ? packageName.slice('@foretoken/'.length) : undefined;
}
