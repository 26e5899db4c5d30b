import { type Command, InvalidArgumentError } from 'commander';
import { action } from '../process/run-action.ts';
import { collect, command } from './command.ts';
import { decimalNumber, wholeNumber } from './numbers.ts';

/** Options of `foretoken generate`. */
export interface GenerateOptions {
  readonly prompt?: readonly string[];
  readonly promptFile?: readonly string[];
  readonly tokens: number;
  readonly decoder?: string;
  readonly rule?: string;
  readonly policy?: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly bias?: { readonly [token: string]: number };
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly logProbabilities?: number;
  readonly window?: number;
}

const notes = `
Text that a draft gave and the model accepted is green; in [brackets] where there are no colours. The line at the end goes to
stderr: tokens per forward, how much of every draft level was kept, and what the output is: greedy's own, of the same
distribution as without drafts, or lossy.

Examples:
  foretoken generate runs/first --prompt 'export function '
  foretoken generate runs/first --prompt 'let x' --temperature 0.8 --top-p 0.95 --seed 1
  foretoken generate runs/first --prompt-file a.ts --prompt-file b.ts --stop ';' --json
  foretoken generate runs/first --decoder tree --rule typical --policy '{ name: confidence }' < prompt.txt`;

/** `foretoken generate`. */
export function generateCommand(): Command {
  const generate = command('generate', 'Go on with a text; tokens that were drafted and accepted are marked.')
    .argument('<run>', 'folder of a run')
    .option('--prompt <text>', 'text to go on with; several: decoded at once (default: stdin)', collect)
    .option('--prompt-file <file>', 'file with a text to go on with, as it is; may be repeated', collect)
    .option('--tokens <count>', 'tokens to generate at most, of every prompt', wholeNumber({ minimum: 1 }), 128)
    .option('--stop <text>', 'end where this text appears, which is not shown; may be repeated', collect)
    .option(
      '--window <tokens>',
      'where the context is full, go on from this many last tokens',
      wholeNumber({ minimum: 1 }),
    )
    .option(
      '--log-probabilities <count>',
      'show log-probabilities, with this many alternatives',
      wholeNumber({ minimum: 0 }),
    );
  return withSampling(withDecoder(generate))
    .addHelpText('after', notes)
    .action(action(() => import('../generate/generate.ts')));
}

function withDecoder(generate: Command): Command {
  return generate
    .option(
      '--decoder <name>',
      'label of one of the experiment’s decoders, or a decoder plugin (default: the first that drafts; with a temperature, ' +
        'one that draws)',
    )
    .option('--rule <plugin>', 'acceptance rule, by name or as { name: ..., option: ... }')
    .option('--policy <plugin>', 'draft policy, by name or as { name: ..., option: ... }');
}

function withSampling(generate: Command): Command {
  return generate
    .option('--temperature <number>', 'divide logits by it; 0: the first choice', decimalNumber({ minimum: 0 }))
    .option('--top-k <count>', 'draw from the most probable tokens only', wholeNumber({ minimum: 1 }))
    .option(
      '--top-p <share>',
      'draw from the fewest tokens that together are this probable',
      decimalNumber({ above: 0, maximum: 1 }),
    )
    .option(
      '--min-p <share>',
      'draw from tokens this probable beside the first',
      decimalNumber({ minimum: 0, maximum: 1 }),
    )
    .option(
      '--repetition-penalty <number>',
      'above 1: weaken tokens that are there already',
      decimalNumber({ above: 0 }),
    )
    .option('--bias <token=number>', 'add to the logit of a token id; may be repeated', collectBias)
    .option('--seed <number>', 'of the draws (default: the run’s)', wholeNumber({ minimum: 0 }));
}

/** `--bias 10=-5 --bias 32=1`. */
function collectBias(text: string, earlier: { readonly [token: string]: number } = {}) {
  const [, token, value] = /^(\d+)=(.+)$/.exec(text) ?? [];
  if (token === undefined || !Number.isFinite(Number(value))) {
    throw new InvalidArgumentError('It must be a token id and a number, such as 10=-5.');
  }
  return { ...earlier, [String(Number(token))]: Number(value) };
}
