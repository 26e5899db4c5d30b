import { readFileSync } from 'node:fs';
import { draftSources } from '../../../packages/core/dist/evaluation/index.js';
import { createRegistry, describeOptions, PLUGIN_API } from '../../../packages/core/dist/index.js';
import { inRoot } from '../../setup/paths.mjs';

/** Sizes that heads are made with to look at what they declare and to count their weights: those of `bench training`. */
export const SIZES = { n: 4, D: 256, F: 704, V: 256, H: 4 };

/**
 * What is known of every head of a bundle: by its options' schema, by what it declares for a horizon of 4 with default
 * options, and by its README for what no program can read.
 */
export function factsOf({ provides }) {
  const registry = createRegistry();
  const heads = provides.filter(({ kind }) => kind === 'head');
  const source = { package: '@foretoken/heads', version: '0.0.0', api: PLUGIN_API };
  for (const head of heads) registry.register(head, source);
  return registry.list().map((listing) => {
    const { head, numParameters } = made(registry, listing.name);
    return {
      name: listing.name,
      description: listing.options.description,
      options: describeOptions(listing),
      numParameters,
      readme: readmeOf(listing.name),
      reads: readsOf(head),
      memory: head.memory ?? 'none',
      drafts: draftsOf(head),
    };
  });
}

/** A head made for its declarations alone, with horizon 1 where it refuses another, being for training alone. */
function made(registry, name) {
  try {
    return madeFor(registry, name, SIZES.n);
  } catch (error) {
    if (error.code !== 'OFFSET_UNSUPPORTED') throw error;
    return madeFor(registry, name, 1);
  }
}

/** Its weights are shapes, and no operation runs. */
function madeFor(registry, name, n) {
  let numParameters = 0;
  const param = (_, shape) => {
    numParameters += shape.reduce((product, size) => product * size, 1);
    return { shape };
  };
  const { D, F, V, H } = SIZES;
  const block = { attentionHeads: H, keyValueHeads: H, mlpWidth: F, rotaryBase: 10_000 };
  const dims = { width: D, vocabulary: V, context: 256, horizon: n, maxOffset: n, layers: 9, trunkLayers: 5, block };
  const readout = { gain_E: { shape: [D] }, weight_EV: { shape: [D, V] } };
  const options = registry.checkOptions('head', { name }, 'the heads’ reference');
  const context = { ops: {}, param, dims, embed: () => undefined, readout };
  return { head: registry.get('head', name).create(context, options), numParameters };
}

function readsOf({ reads = {} }) {
  const { taps = [1], carry, ahead = false } = reads;
  return [
    taps.length === 1
      ? 'trunk'
      : `trunk at ${taps.map((share) => `${Math.round(share * 100)}%`).join(', ')} of its depth`,
    ...(carry ? [`carry of the ${carry} offset`] : []),
    ...(ahead ? ['tokens ahead'] : []),
  ].join('; ');
}

/** What decoding can draft with a head. */
function draftsOf({ offsets = Array.from({ length: SIZES.n }, (_, i) => i + 1), ...head }) {
  if (offsets.length === 1) return 'nothing: training only';
  const sources = draftSources({ head, offsets });
  const last = sources.length + 1 === SIZES.n ? 'n' : sources.length + 1;
  const looksBack = sources.some(({ back }) => back > 0);
  const way = head.reads?.ahead ? 'one after another' : 'all at once';
  return `offsets 2..${last}${head.extends ? ' and beyond' : ''}, ${way}${looksBack ? '; gaps by looking back' : ''}`;
}

/** A head's README: its formula and the rows of its first table. */
function readmeOf(name) {
  const file = `packages/heads/src/${name}/README.md`;
  const text = readFileSync(inRoot(file), 'utf8');
  const formula = text.match(/^```\n([\s\S]*?)^```$/m)?.[1];
  const rows = Object.fromEntries(
    [...text.matchAll(/^\| (\w+) +\| (.*?) *\|$/gm)].map(([, key, value]) => [key, value]),
  );
  const lacking = ['parameters', 'memory', 'source'].filter((key) => !rows[key]);
  if (formula === undefined || lacking.length > 0) {
    throw new Error(`${file} must have a formula in a code block and rows for parameters, memory and source`);
  }
  return { file, formula, rows };
}
