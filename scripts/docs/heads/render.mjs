import { SIZES } from './facts.mjs';

const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`;
const table = (titles, rows) => [row(titles), row(titles.map(() => '---')), ...rows.map(row)].join('\n');
const grouped = (count) => count.toLocaleString('en-US');

const { n, D, F, V } = SIZES;
const LEGEND = `# Heads

Written by \`node scripts/heads-reference.mjs\`; a test says whether it is still true of the heads. What a head reads, keeps and
drafts is what it declares with its default options; its options are its schema's. Formula, parameters and source are its
README's. \`n\` is the horizon, \`D\` the width, \`F\` the inner width of the SwiGLU, \`V\` the vocabulary, \`z\` the trunk's state,
\`E\` the trunk's embedding. **Weights** counts those that the head asks for with default options, n = ${n}, D = ${D}, F = ${F},
V = ${V}, as many key/value heads as attention heads; readouts by configuration are not among them.

Every head predicts offset 1. One that drafts nothing is decoded with that offset alone.`;

/** @returns the page, from the facts of every head */
export function render(heads) {
  const overview = table(
    ['head', 'what', 'reads', 'memory', 'drafts', 'weights'],
    heads.map(({ name, description, reads, memory, drafts, numParameters }) => [
      `[\`${name}\`](#${name})`,
      description,
      reads,
      memory,
      drafts,
      grouped(numParameters),
    ]),
  );
  return `${[LEGEND, overview, ...heads.map(section)].join('\n\n')}\n`;
}

function section({ name, options, readme: { file, formula, rows } }) {
  const facts = [
    ['parameters', rows.parameters],
    ...(rows.reads ? [['reads', rows.reads]] : []),
    ['memory', rows.memory],
    ...(rows.layers ? [['layers', rows.layers]] : []),
    ['source', rows.source],
  ];
  return [
    `## ${name}`,
    `\`\`\`text\n${formula}\`\`\``,
    table(['', ''], facts),
    options.length === 0 ? 'No options.' : table(['option', 'values', 'default', 'meaning'], options.map(optionCells)),
    `More, and its known limits: [README](../../${file}).`,
  ].join('\n\n');
}

function optionCells({ name, type, default: value, description = '' }) {
  return [`\`${name}\``, type, value === undefined ? 'none' : `\`${JSON.stringify(value)}\``, description];
}
