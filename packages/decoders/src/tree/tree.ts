import {
  acceptDrafts,
  checkDraftLevels,
  type DraftPolicy,
  defineDecoder,
  ForetokenError,
  type GeneratingRow,
  generateRows,
  type Session,
  type Static,
  type Step,
  Type,
} from '@foretoken/core/plugin';
import { RowDraft } from './row-draft.ts';
import { dynamicPlanner, type RowPlanner, StaticPlanner } from './row-planner.ts';

const OPTIONS = Type.Object({
  nodes: Type.Integer({ minimum: 1, default: 8, description: 'Candidates that a forward verifies at most.' }),
  shape: Type.Union([Type.Literal('dynamic'), Type.Literal('static')], {
    default: 'dynamic',
    description: 'By the head’s confidence in each draft, or one tree of ranks by measured acceptance.',
  }),
  topK: Type.Integer({ minimum: 1, default: 4, description: 'Children of a node at most.' }),
  width: Type.Integer({ minimum: 1, default: 4, description: 'Dynamic: nodes of a level that get children at most.' }),
  levels: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Levels at most. Default: all that were trained; more where the head extends.',
    }),
  ),
  acceptance: Type.Optional(
    Type.Array(Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 1 }), {
      minItems: 1,
      description: 'Static: acceptance by level, then by rank. Default: measured row by row as decoding goes.',
    }),
  ),
  rebuildEvery: Type.Integer({
    minimum: 1,
    default: 16,
    description: 'Static: forwards of a row between two trees, where acceptance is measured.',
  }),
  sampled: Type.Optional(
    Type.Boolean({
      description: 'Draw candidates from the head instead of taking its first choices. Default: as the rule needs.',
    }),
  ),
});

type Options = Static<typeof OPTIONS>;

/**
 * Verifies a tree of candidates in one forward: of the heads' first choices those worth most together.
 *
 * @source Cai et al. 2024, Medusa, arXiv:2401.10774, sec. 2.1.2 and 2.3.3 (static); Li et al. 2024, EAGLE-2,
 * arXiv:2406.16858, sec. 4 (dynamic)
 */
export default defineDecoder({
  name: 'tree',
  description:
    'A tree of the heads’ best candidates, verified in one forward; its shape by confidence or by measurement.',
  options: OPTIONS,
  create(_context, options) {
    if (options.acceptance && options.shape !== 'static') throw idleTable();
    return {
      drafts: true,
      generate(session, request) {
        const planners = new Planners(options, options.sampled ?? request.rule.needsDrawn === true);
        const step: Step = async (rows) => {
          const drafts = planners.of(rows).map((planner, index) => new RowDraft(rows[index], planner, options.levels));
          const byRow = new Map(drafts.map((draft) => [draft.row.row, draft]));
          const policy: DraftPolicy = {
            grow: (tree, frontier, p, at) => byRow.get(at.row)!.grow(request.policy, tree, frontier, p, at),
          };
          const grown = await session.draft(policy, (row) => byRow.get(row)!.row.random);
          const trees = grown.map((tree, index) => drafts[index].select(tree));
          const steps = await acceptDrafts(session, request, rows, trees);
          for (const [index, step] of steps.entries()) drafts[index].learn(step);
          return steps;
        };
        return generateRows(session, request, step, () => checkLevels(session, options));
      },
    };
  },
});

/** One planner for each prompt under way. */
class Planners {
  readonly #create: () => RowPlanner;
  readonly #byPrompt = new Map<number, RowPlanner>();

  constructor(options: Options, sampled: boolean) {
    this.#create = () =>
      options.shape === 'dynamic' ? dynamicPlanner(options, sampled) : new StaticPlanner({ ...options, sampled });
  }

  of(rows: readonly GeneratingRow[]): RowPlanner[] {
    if (this.#byPrompt.size > rows.length) {
      const open = new Set(rows.map(({ prompt }) => prompt));
      for (const prompt of this.#byPrompt.keys()) if (!open.has(prompt)) this.#byPrompt.delete(prompt);
    }
    return rows.map(({ prompt }) => {
      const planner = this.#byPrompt.get(prompt) ?? this.#create();
      this.#byPrompt.set(prompt, planner);
      return planner;
    });
  }
}

function checkLevels(session: Session, { levels }: Options): void {
  checkDraftLevels(levels === undefined ? 'decoder "tree"' : `decoder "tree" with levels ${levels}`, session, levels);
}

function idleTable(): ForetokenError {
  return new ForetokenError(
    'OPTIONS_INVALID',
    'decoder "tree": acceptance is the table that a static shape is made of, and the shape is dynamic. Leave it out, or ' +
      'choose `shape: static`.',
  );
}
