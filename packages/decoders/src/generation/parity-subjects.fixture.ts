// Every built-in decoder with every built-in rule that keep greedy decoding together, and policies to draft with.
import {
  type AcceptanceRule,
  createRegistry,
  type Decoder,
  type Definition,
  type DraftPolicy,
  type PluginKind,
} from '@foretoken/core';
import builtIns from '../built-ins.ts';

/** Options worth a run of their own, beside the defaults. A name that is no built-in is an error. */
const VARIANTS: Readonly<Record<string, readonly object[]>> = {
  'acceptance-rule/top-k': [{ k: 1 }],
  'acceptance-rule/distance': [{ distance: 0 }],
  'decoder/tree': [{ shape: 'static', rebuildEvery: 2, nodes: 6 }],
  'decoder/prompt-lookup': [{ tokens: 3, minNgram: 2 }],
  'draft-policy/fixed': [{ levels: 1 }],
  'draft-policy/confidence': [{ threshold: 0.05 }],
};

/** A plugin with its options, made anew for every run: what it learns stays in one generation. */
interface Made<Plugin> {
  readonly label: string;
  create(): Plugin;
}

/** A decoder and a rule that promise greedy's text. */
export interface GreedySubject {
  readonly label: string;
  decoder(): Decoder;
  rule(): AcceptanceRule;
}

const registry = createRegistry();
for (const definition of builtIns.provides) {
  registry.register(definition, { package: '@foretoken/decoders', version: '0.0.0', api: definition.api });
}

function all<Plugin>(kind: PluginKind): Made<Plugin>[] {
  return registry.names(kind).flatMap((name) =>
    [{}, ...(VARIANTS[`${kind}/${name}`] ?? [])].map((own) => {
      const options = registry.checkOptions(kind, { name, ...own }, 'parity');
      const definition = registry.get(kind, name) as Definition<'decoder'>;
      const label = Object.keys(own).length > 0 ? `${name} ${JSON.stringify(own)}` : name;
      return { label, create: () => definition.create({}, options) as Plugin };
    }),
  );
}

/** Names among the variants that no built-in has. */
export const unknownVariants = (): string[] =>
  Object.keys(VARIANTS).filter((key) => {
    const [kind, name] = key.split('/');
    return !registry.has(kind as PluginKind, name);
  });

/** Every pair that keeps greedy; a decoder that decides it alone and never drafts is paired once. */
export function greedySubjects(): GreedySubject[] {
  const rules = all<AcceptanceRule>('acceptance-rule');
  return all<Decoder>('decoder').flatMap((decoder) => {
    const { keeps, drafts } = decoder.create();
    const keeping = rules.filter((rule) => (keeps ?? rule.create().keeps).includes('greedy'));
    return (drafts ? keeping : keeping.slice(0, 1)).map((rule) => ({
      label: drafts ? `${decoder.label} with ${rule.label}` : decoder.label,
      decoder: decoder.create,
      rule: rule.create,
    }));
  });
}

/** Two children at every node of the frontier; one, on two levels more, past what was trained. */
const bushy: DraftPolicy = {
  grow: (_, frontier, _p, { level, trained }) =>
    level > trained + 2 ? [] : frontier.map((node) => ({ node, children: level > trained ? 1 : 2, sampled: false })),
};

/** Twice as far as the horizon of the small models, where the head extends. */
const far: DraftPolicy = {
  grow: (_, frontier, _p, { level }) =>
    level > 7 ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
};

/** Every built-in policy, and trees of shapes that none of them makes. */
export function policies(): Made<DraftPolicy>[] {
  return [
    ...all<DraftPolicy>('draft-policy'),
    { label: 'bushy', create: () => bushy },
    { label: 'far', create: () => far },
  ];
}
