// The tables of table.mjs: what was measured, as it stands in docs/experiments/LOG.md.
import { median } from '../../packages/cli/dist/bench/median.js';
import { formatRate } from '../../packages/cli/dist/output/quantities.js';
import { torchName } from './measurements.mjs';

const models = ['n4', 'n8'];
const fixed = (value, digits = 2) => (value === undefined || value === null ? '–' : value.toFixed(digits));
const percent = (value, digits = 0) => (value === undefined ? '–' : `${(100 * value).toFixed(digits)}%`);
const table = (columns, rows) =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** @returns everything that was measured, with the commands */
export function markdownOf(report) {
  return [
    headingOf(report),
    numbersOf(report),
    'What the models are, beside every number above:',
    qualityOf(report),
    `Tokens/s without prefill by levels drafted (\`fixed\`), and the cost model; ${report.settings.gridPrompts} prompts.`,
    ...models.map((model) => levelsOf(report, model)),
    't(k): milliseconds to verify k nodes a row; in brackets a whole step, which drafts k - 1 levels first.',
    ...models.map((model) => curveOf(report, model)),
    ['Commands:', '', ...commandsOf(report)].join('\n'),
    '',
  ].join('\n\n');
}

function headingOf({ machine, settings, node, results }) {
  const { engine, threads } = results['speeds, n4'].runs[0][0];
  const torch = results[torchName(1)]?.runs[0].torch;
  const { prompts, prompt, tokens } = settings;
  return [
    `${machine.processor}, ${machine.cores} cores, load before ${machine.load.toFixed(1)}; Node ${node};`,
    `${engine} engine, ${threads} threads${torch ? `; PyTorch ${torch}` : ''}.`,
    `${prompts} held-out prompts of ${prompt} bytes, ${tokens} generated.`,
  ].join(' ');
}

const run = (results, name) => results[name]?.runs[0];
const speedsOf = (results, model) => {
  const all = run(results, `speeds, ${model}`);
  return Object.fromEntries(all.map((speed) => [speed.decoder, speed]));
};
const acceptanceOf = (results, model) => run(results, `quality, ${model}`).evals.acceptance.results;

function numbersOf({ results, settings }) {
  const speculative = Object.fromEntries(models.map((model) => [model, speedsOf(results, model).speculative]));
  const row = (name, least, aim, of) => [name, least, aim, ...models.map((model) => of(model) ?? '–')];
  const [torch, ours] = besideTorch(results);
  return table(
    ['', 'at least', 'aim', 'n=4', 'n=8'],
    [
      row('speculative over greedy, batch 1, prefill included', '', '', (m) => fixed(speculative[m].overGreedy)),
      row('the same without prefill', '', '', (m) => fixed(speculative[m].decodingOverGreedy)),
      row('bound: tokens per forward x bytes of greedy / bytes of verifying', '', '', (m) =>
        fixed(speculative[m].bound),
      ),
      row('share of the bound, prefill included', '.85', '.95', (m) => fixed(speculative[m].shareOfBound)),
      row('share of the bound, without prefill', '.85', '.95', (m) => fixed(speculative[m].decodingShareOfBound)),
      row('tokens per forward', '2.2 / 2.8', '3.0 / 4.5', (m) => fixed(speculative[m].tokensPerForward)),
      row('the same, `tree` of 16 nodes', '– / 2.8', '– / 4.5', (m) => treeOf(results, m)),
      row('prompts whose text was greedy’s, of all: chain; tree', '', '', (m) => parityOf(results, m)),
      row('label-match tokens per forward', '1.6 / 1.8', '2.2 / 2.8', (m) =>
        fixed(acceptanceOf(results, m).labelMatch.tokensPerForward),
      ),
      row('speculative tokens/s over PyTorch’s greedy', '3.5', '10', (m) =>
        torch && m === 'n4' ? `${fixed(ours / torch)} (${formatRate(ours)} / ${formatRate(torch)})` : undefined,
      ),
      row('greedy tokens/s at batch 16 over batch 1', '4', '8', (m) => aggregateOf(results, m)),
      row('the same by bytes alone, (W + P) 16 / (W + 16 P)', '', '', (m) => bytesOf({ settings, results }, m)),
      row('a drafted level at batch 1: ms; of a step without drafts', '', '', (m) => levelCostOf(results, m)),
      row('JavaScript of the session in a step, speculative, batch 1', '< 15%', '5%', (m) =>
        sessionJsOf(speculative[m]),
      ),
      row('the same with rule, decoder and loop', '', '', (m) => jsOf(speculative[m])),
      row('cost model over the best fixed k, lowest of the grid', '.95', '.98', (m) =>
        fixed(Math.min(...run(results, `levels, ${m}`).batches.map(({ ratio }) => ratio)), 3),
      ),
      row('batch at which the best fixed k is 0', '', '', (m) => paysUntil(run(results, `levels, ${m}`).batches)),
    ],
  );
}

/** Tokens per forward, and the speed over greedy's with prefill and without. */
function treeOf(results, model) {
  const tree = speedsOf(results, model)['tree-16'];
  if (!tree) return undefined;
  return `${fixed(tree.tokensPerForward)} (${fixed(tree.overGreedy)}; ${fixed(tree.decodingOverGreedy)} of greedy)`;
}

function parityOf(results, model) {
  const { speculative, 'tree-16': tree } = speedsOf(results, model);
  const of = ({ equalToGreedy, prompts }) => `${equalToGreedy} of ${prompts}`;
  return [speculative, tree].filter(Boolean).map(of).join('; ');
}

/** What a level adds to a step, verified and drafted, by the steps with none and with all levels. */
function levelCostOf(results, model) {
  const { stepMs } = run(results, `t(k), ${model}`).batches[0];
  const known = stepMs.filter((ms) => ms !== null);
  if (known.length < 2) return undefined;
  const level = (known.at(-1) - known[0]) / (known.length - 1);
  return `${fixed(level)}; ${percent(level / known[0])}`;
}

/**
 * Tokens of 16 rows over those of one, if a step takes as long as it reads bytes: W of weights once for all, P of keys and
 * values of every row, half-way through what is generated.
 */
function bytesOf({ settings: { prompt, tokens }, results }, model) {
  const { weightBytes, pastBytesPerToken } = speedsOf(results, model).greedy;
  if (weightBytes === undefined || pastBytesPerToken === undefined) return undefined;
  const past = pastBytesPerToken * (prompt + tokens / 2);
  const ratio = (16 * (weightBytes + past)) / (weightBytes + 16 * past);
  return `${fixed(ratio)} (W ${fixed(weightBytes / 1e6, 1)} MB, P ${fixed(past / 1e6, 1)} MB)`;
}

const ofStep = (share, ms) => (share === undefined ? undefined : `${percent(share, 1)} (${fixed(ms)} ms)`);
const jsOf = ({ javaScriptShare, javaScriptMsPerStep }) => ofStep(javaScriptShare, javaScriptMsPerStep);
const sessionJsOf = ({ sessionJavaScriptShare, sessionJavaScriptMsPerStep }) =>
  ofStep(sessionJavaScriptShare, sessionJavaScriptMsPerStep);

/** Medians over the rounds: the faster of PyTorch's numbers of threads, and ours. */
function besideTorch(results) {
  const ours = results['beside PyTorch, n4'];
  if (!ours) return [];
  const theirs = Object.entries(results)
    .filter(([name]) => name.startsWith('PyTorch, '))
    .map(([, { runs }]) => median(runs.map(({ greedy_tok_s_b1 }) => greedy_tok_s_b1)));
  return [Math.max(...theirs), median(ours.runs.map(({ tokensPerSecond }) => tokensPerSecond))];
}

function aggregateOf(results, model) {
  const [one, many] = run(results, `batch 16, ${model}`).map(({ tokensPerSecond }) => tokensPerSecond);
  return `${fixed(many / one)} (${formatRate(many)} / ${formatRate(one)})`;
}

function paysUntil(batches) {
  const first = batches.find(({ best }) => best === 0);
  return first ? String(first.batch) : `none up to ${batches.at(-1).batch}`;
}

function qualityOf({ results, summaries }) {
  return table(
    [
      '',
      'parameters',
      'trained on, bytes',
      'minutes',
      'bits per byte',
      'bigram',
      'distinct 4-grams, speculative / text',
      'degenerate',
    ],
    models.map((model) => {
      const { parameters, tokens, timings } = summaries[model];
      const bits = run(results, `quality, ${model}`).evals['bits-per-byte'].results;
      const { distinct4, textDistinct4, degenerate } = acceptanceOf(results, model).decoders.speculative.repetition;
      return [
        model.replace('n', 'n='),
        ...[parameters, tokens].map((count) => count.toLocaleString('en-US')),
        (timings.seconds / 60).toFixed(1),
        ...[fixed(bits.perOffset[0], 3), fixed(bits.bigram, 3)],
        `${fixed(distinct4)} / ${fixed(textDistinct4)}`,
        degenerate ? '**yes**' : 'no',
      ];
    }),
  );
}

function levelsOf({ results }, model) {
  const { batches } = run(results, `levels, ${model}`);
  const levels = batches[0].fixed.map((_, level) => String(level));
  return table(
    [
      `${model.replace('n', 'n=')}, batch`,
      ...levels,
      'the best again',
      'cost model',
      'its levels',
      'over the best, pair by pair',
    ],
    batches.map(({ batch, fixed: rates, best, bestInPairs, costModel, costModelLevels, ratio, ratioQuartiles }) => [
      String(batch),
      ...rates.map((rate, level) => (level === best ? `**${formatRate(rate)}**` : formatRate(rate))),
      ...[formatRate(bestInPairs), formatRate(costModel)],
      fixed(costModelLevels),
      `${fixed(ratio, 3)} (${ratioQuartiles.map((quartile) => fixed(quartile, 3)).join(' to ')})`,
    ]),
  );
}

function curveOf({ results }, model) {
  const { nodes, batches } = run(results, `t(k), ${model}`);
  return table(
    [`${model.replace('n', 'n=')}, batch`, ...nodes.map((k) => `k=${k}`)],
    batches.map(({ batch, verifyMs, stepMs }) => [
      String(batch),
      ...verifyMs.map((ms, index) => `${fixed(ms)}${stepMs[index] === null ? '' : ` (${fixed(stepMs[index])})`}`),
    ]),
  );
}

/** As one would type them: neither paths of this machine nor what is the same in all. */
function commandsOf({ results, settings: { bin } }) {
  return Object.values(results).map(({ command, runs }) => {
    const words = command.split(' ').slice(1);
    const typed =
      words[0] === bin ? ['foretoken', ...words.slice(1)] : ['python3 bench/pytorch/yardstick.py', ...words.slice(1)];
    return `    ${typed.join(' ')}${runs.length > 1 ? `   (${runs.length} times, in turns)` : ''}`;
  });
}
