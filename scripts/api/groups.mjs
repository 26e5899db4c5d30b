/** Sections of the reference, in its order, each with the source files whose exports it holds. */
export const GROUPS = [
  { title: 'Defining plugins', files: ['core/plugins/define'] },
  { title: 'Heads', files: ['core/contracts/head'] },
  { title: 'Trunks', files: ['core/contracts/trunk'] },
  { title: 'Weightings and horizon schedules', files: ['core/contracts/training'] },
  { title: 'Decoders, acceptance rules and draft policies', files: ['core/contracts/decoding'] },
  { title: 'Evals', files: ['core/contracts/evaluation', 'core/contracts/model'] },
  { title: 'Tokenizers and datasets', files: ['core/contracts/data'] },
  {
    title: 'What kinds share',
    files: ['core/contracts/memory', 'core/contracts/parameters', 'core/contracts/random', 'core/contracts/json'],
  },
  { title: 'Operations', files: ['engine/ops/contract', 'engine/readout', 'engine/key-values'] },
  { title: 'Tensors and nodes', files: ['engine/tensor', 'engine/nodes'] },
  { title: 'The engine', files: ['engine/engine'] },
  {
    title: 'Parts for heads and trunks',
    files: ['core/contracts/term', 'core/model/offset-cross-entropy', 'core/model/transformer-block'],
  },
  {
    title: 'Parts for decoders',
    files: [
      'core/generation/generate-rows',
      'core/generation/generation',
      'core/generation/generating-row',
      'core/generation/accept-drafts',
      'core/generation/check-steps',
      'core/generation/tree',
      'core/generation/longest-path',
      'core/generation/distribution',
      'core/generation/stops',
      'core/generation/session-facade',
      'core/generation/event-loop',
    ],
  },
  { title: 'Errors', files: ['engine/errors', 'engine/error-table'] },
];

/**
 * The source file of an exported item, such as `core/contracts/head`.
 *
 * @param item - of api-extractor's model, whose paths start at packages/core
 */
export const sourceOf = ({ fileUrlPath }) =>
  fileUrlPath
    .replace(/^dist\//, 'core/')
    .replace(/^\.\.\/(\w+)\/dist\//, '$1/')
    .replace(/\.d\.ts$/, '');
