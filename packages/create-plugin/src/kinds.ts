/** Every kind of plugin: what one is, and the names that Foretoken's own have. */
export const KINDS = {
  trunk: { what: 'turns tokens into hidden states', builtIns: ['transformer'] },
  head: {
    what: 'turns the trunk’s states into the hidden state of each further offset',
    builtIns: [
      ...['anticausal', 'causal', 'eagle', 'hydra', 'leap', 'linear', 'medusa', 'parallel', 'register', 'sequential'],
      'token-order',
    ],
  },
  weighting: {
    what: 'weighs the losses of the offsets',
    builtIns: ['anneal', 'balancer', 'constant', 'decay', 'gradnorm', 'schedule', 'uncertainty', 'uniform'],
  },
  'horizon-schedule': {
    what: 'says how many offsets train at each step',
    builtIns: ['acceptance', 'fixed', 'forward', 'plateau', 'reverse'],
  },
  decoder: {
    what: 'drafts, verifies and emits tokens',
    builtIns: ['beam', 'blockwise', 'greedy', 'prompt-lookup', 'sample', 'speculative', 'tree'],
  },
  'acceptance-rule': {
    what: 'decides how much of a verified draft stays',
    builtIns: ['distance', 'exact', 'rejection', 'top-k', 'typical'],
  },
  'draft-policy': {
    what: 'decides how many tokens are worth drafting now',
    builtIns: ['confidence', 'cost-model', 'entropy', 'fixed'],
  },
  eval: {
    what: 'measures a trained model',
    builtIns: ['acceptance', 'bits-per-byte', 'losslessness', 'mutual-information', 'throughput'],
  },
  tokenizer: { what: 'turns text into tokens and back', builtIns: ['bytes'] },
  dataset: { what: 'gives documents to train and to validate on', builtIns: ['jsonl', 'text-files'] },
} as const satisfies Readonly<Record<string, { readonly what: string; readonly builtIns: readonly string[] }>>;

/** A kind of plugin. */
export type Kind = keyof typeof KINDS;

/** The kinds by name, in the order that Foretoken lists them. */
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Whether a text names a kind. */
export const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text);
