import { drawIndex } from '../../generation/distribution.ts';
import { createRandom } from '../../random/random.ts';
import { type Asked, type DraftingRow, drafts } from './drive.ts';
import { HEADS } from './heads.ts';
import { ofEveryForm, type PolicyForm } from './policy-case.ts';

/** Drafts that are drawn twice, with other siblings. */
const TRIES = 12;

/** Children of the eldest nodes of a draft, level by level; undefined where a token was chosen. */
type Spine = readonly (number | undefined)[];

/**
 * The rule `rejection` gives the distribution of plain sampling only if a node's children are asked for whatever the nodes
 * beside it came out as.
 */
export const drawnTokensDecideNothing = ofEveryForm(
  'decides about a node’s drawn children by the path to it alone',
  async (form) => {
    if ((await form.prepared()).isTimed) return;
    for (let seed = 0; seed < TRIES; seed++) {
      const [spine, other] = [await spineOf(form, seed, 'one'), await spineOf(form, seed, 'other')];
      const level = spine.findIndex(
        (children, index) => children !== undefined && children !== other[index] && other[index] !== undefined,
      );
      if (level < 0) continue;
      throw form.broken(
        `the first node of level ${level} got ${spine[level]} drawn children, and ${other[level]} once other tokens were drawn ` +
          'beside it. Whether a node gets children may depend on it and what is above it, not on its siblings: then rejection ' +
          'sampling keeps the distribution. Choose the nodes before their tokens are drawn, or do not draw.',
      );
    }
  },
);

/** Drafts with the same tokens in the eldest nodes, and others beside them. */
async function spineOf(form: PolicyForm, seed: number, besides: string): Promise<Spine> {
  const own = createRandom(seed, 'spine');
  const others = createRandom(seed, besides);
  const spine = [-1];
  const row: DraftingRow = {
    id: 1,
    heads: HEADS[seed % HEADS.length],
    draw(q_V, { parent, elders }) {
      const isOwn = elders === 0 && parent === spine[spine.length - 1];
      return drawIndex(q_V, (isOwn ? own : others).uniform());
    },
  };
  const children: (number | undefined)[] = [];
  const answered = ({ tree, at, growths }: Asked) => {
    while (spine.length < at.level) spine.push(tree.parent.indexOf(spine[spine.length - 1]));
    const last = spine[spine.length - 1];
    const asked = growths.filter(({ node }) => node === last && spine.length === at.level);
    const isDrawn = growths.every(({ sampled }) => sampled);
    children.push(isDrawn ? asked.reduce((sum, { children }) => sum + children, 0) : undefined);
  };
  drafts(await form.prepared(), [row], { answered });
  return children;
}
