import { ENGINES } from './collect.mjs';

const GROUPS = {
  elementwise: 'elementwise operations',
  reduce: 'reductions, softmax, argmax',
  shape: 'shapes: transpose, slice, concat, gather ...',
  linear: 'matmul, linear, rmsNorm, gatedMlp, readoutLogits',
  attention: 'attention, rotary, embed',
};

const row = (cells) => `| ${cells.join(' | ')} |`;

const share = ({ cases, failed }) => (failed.length === 0 ? `all ${cases}` : `${cases - failed.length} of ${cases}`);

/** Label of each row and what an engine's results say in it. */
const ROWS = [
  ...Object.entries(GROUPS).map(([group, label]) => [`our ops: ${label}`, ({ ops }) => share(ops[group])]),
  ['our ops: a kernel gives what its composite gives', ({ composites }) => share(composites)],
  ['linearLoss: losses, gradients, blocks, ignored rows', ({ suites }) => share(suites.linearLoss)],
  ['AdamW and the norm of gradients', ({ suites }) => share(suites.adamw)],
  ['attention with a past: commit, fork, rollback', ({ suites }) => share(suites.keyValues)],
  ['topK and sample', ({ suites }) => share(suites.sample)],
  ['recordings: gradients in parts, nothing leaked', ({ suites }) => share(suites.recordings)],
  ['values worked out by hand, where tfjs goes wrong', ({ suites }) => share(suites.traps)],
  ['a row’s bits depend on that row alone', ({ suites }) => share(suites.bits)],
  ['tfjs-core’s specs: passed', ({ specs }) => specs.passed],
  ['tfjs-core’s specs: kernel missing', ({ specs }) => specs.missing],
  ['tfjs-core’s specs: known differences', ({ specs }) => specs.known],
  ['tfjs-core’s specs: switched off by tfjs', ({ specs }) => specs.skipped],
  ['tfjs-core’s specs: failed', ({ specs }) => specs.failed],
];

/** @returns the page, from results by engine */
export function render(results) {
  const wasRun = ENGINES.filter((name) => results[name].reason === undefined);
  const body = ROWS.map(([label, cell]) =>
    row([label, ...ENGINES.map((name) => (wasRun.includes(name) ? cell(results[name]) : 'not run'))]),
  );
  const parts = [
    HEAD,
    row(['', ...ENGINES]),
    row(['---', ...ENGINES.map(() => '--:')]),
    ...body,
    '',
    ...ENGINES.filter((name) => !wasRun.includes(name)).map((name) => `- ${name}: not run: ${results[name].reason}.`),
    ...failures(wasRun, results),
    ...differences(wasRun, results),
    ...kernelLists(results.native.kernels),
  ];
  return `${parts
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

const HEAD = `# What each engine is held to

Written by \`node packages/engine/conformance/table.mjs\` on a machine of ours; \`--check\` says whether it is still true of the
engines that a machine has.

- **Our ops** are judged case by case (\`packages/engine/src/testing/cases-*.ts\`): the result against plain loops over
  float64, to 1e-5 of the largest value; the gradient against finite differences of those loops, to 1e-4; and no tensor
  may be left over. Where an engine has a kernel, it is also held to the composite of plain tfjs operations.
- **Further rows** are the tests beside what they name. **A row's bits** are properties (\`packages/engine/src/bits.test.ts\`): one row gives the same bits alone and among
  others, whatever the batch, the chunks of the prompt, the tree around it and the padding behind it.
- **tfjs-core's specs** are the specs of operations that tfjs-core itself is tested with
  (\`node packages/engine/conformance/tfjs-specs.mjs --engine NAME\` names every one). A spec that asks for a kernel which the engine
  does not have counts as *kernel missing*, whatever became of it.
`;

/** Failures of one engine that the page names; the rest is counted. */
const MAX_NAMED = 20;

function failures(names, results) {
  const lines = names.flatMap((name) => {
    const { ops, composites, suites, specs } = results[name];
    const judged = [...Object.values(ops), composites, ...Object.values(suites)];
    const failed = [...judged.flatMap((one) => one.failed), ...specs.failures];
    const rest = failed.length - MAX_NAMED;
    const named = failed.slice(0, MAX_NAMED).map((title) => `- ${name}: ${title}`);
    return rest > 0 ? [...named, `- ${name}: ${rest} more, which the commands above name`] : named;
  });
  return lines.length === 0 ? [] : ['', '## What fails', '', ...lines];
}

function differences(names, results) {
  const known = names.flatMap((name) =>
    Object.entries(results[name].specs.differences).map(([reason, count]) => row([name, count, reason])),
  );
  const missing = names.flatMap((name) =>
    Object.entries(results[name].specs.missingKernels).map(([kernel, count]) => row([name, count, `no \`${kernel}\``])),
  );
  return [
    '',
    '## Why specs of tfjs-core do not pass',
    '',
    row(['engine', 'specs', 'why']),
    row(['---', '--:', '---']),
  ].concat(known, missing);
}

const list = (names) => names.map((name) => `\`${name}\``).join(', ');

function kernelLists(kernels) {
  if (kernels?.own === undefined) return [];
  const { own, delegated } = kernels;
  return [
    '',
    '## tfjs kernels of the native engine',
    '',
    `In C++ (${own.length}): ${list(own)}.`,
    '',
    `Carried out by tfjs' cpu kernels, with a copy there and back (${delegated.length}): ${list(delegated)}.`,
  ];
}
