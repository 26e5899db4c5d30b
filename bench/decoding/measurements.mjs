// What table.mjs runs, in order.
import { pathOf } from '../pytorch/settings.mjs';

/** The yardstick's sizes for the model with four offsets; one small training step, since only its decoding counts. */
const yardstickModel = '--d 192 --layers 12 --heads 6 --n 4 --match 1 --steps 1 --warmup 0 --batch 1 --seq 64'.split(
  ' ',
);

const flag = (name, value) => [`--${name}`, String(value)];

/** What the yardstick is called with so many threads. */
export const torchName = (threads) => `PyTorch, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;

/**
 * The commands by name; those of one name are one measurement, taken again.
 *
 * @returns {{ name: string, program: string, args: string[] }[]}
 */
export function measurements(settings) {
  const of = (name, args) => ['n4', 'n8'].map((model) => ours(settings, `${name}, ${model}`, args(model)));
  const { prompts, gridPrompts, batches } = settings;
  const greedyPrompts = Math.max(16, Math.floor(prompts / 2));
  return [
    ...of('quality', (model) => ['eval', settings[model]]),
    ...of('speeds', (model) => [
      ...decoding(settings, model, prompts),
      ...['--decoder', model === 'n8' ? 'greedy,speculative,tree:16' : 'greedy,speculative', '--split'],
    ]),
    ...of('batch 16', (model) => [
      ...decoding(settings, model, greedyPrompts),
      ...['--decoder', 'greedy', '--batch', '1,16', '--split'],
    ]),
    ...pairs(settings),
    ...of('levels', (model) => [...decoding(settings, model, gridPrompts), '--best-k', ...flag('batch', batches)]),
    ...of('t(k)', (model) => [...decoding(settings, model, 1), '--curve', ...flag('batch', batches)]),
  ];
}

const ours = ({ bin }, name, args) => ({ name, program: process.execPath, args: [bin, ...args, '--json'] });

const decoding = ({ prompt, tokens, threads, ...runs }, model, prompts) => [
  ...['bench', 'decoding', '--run', runs[model]],
  ...[...flag('prompt', prompt), ...flag('tokens', tokens), ...flag('prompts', prompts), ...flag('threads', threads)],
];

/** PyTorch with either number of threads and ours, in turns, in the opposite order every other time. */
function pairs(settings) {
  const { python, pairs: count, prompt, tokens, threads } = settings;
  if (python === undefined) return [];
  const sizes = [...yardstickModel, ...flag('prompt', prompt), ...flag('decode', tokens)];
  const torch = (of) => ({
    name: torchName(of),
    program: python,
    args: [pathOf('yardstick.py'), ...sizes, ...flag('threads', of)],
  });
  const own = ours(settings, 'beside PyTorch, n4', decoding(settings, 'n4', Math.min(8, settings.prompts)));
  const round = [...[...new Set([threads, 1])].map(torch), own];
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? round : round.toReversed())).flat();
}
