import type { PluginSource } from '../check-definition.ts';
import type { Definition, PluginKind } from '../define.ts';

/** How a hook answers: with a value, with a promise of one, or with values that come one after the other. */
export type Answer = 'value' | 'promise' | 'stream';

/** What is known of a hook of a kind before any plugin has it. */
export interface HookForm {
  readonly answer: Answer;
  /** Whether `create` must give it. */
  readonly isNeeded: boolean;
}

const needed = (answer: Answer): HookForm => ({ answer, isNeeded: true });
const optional = (answer: Answer): HookForm => ({ answer, isNeeded: false });

/** The hooks of what `create` of each kind gives. */
export const HOOKS: Readonly<Record<PluginKind, Readonly<Record<string, HookForm>>>> = {
  trunk: { embed: needed('value'), forward: needed('value') },
  head: {
    ...{ forward: needed('value'), readout: optional('value') },
    ...{ arrange: optional('value'), objectives: optional('value') },
  },
  weighting: { start: needed('value'), now: needed('value'), learn: optional('value') },
  'horizon-schedule': { start: needed('value'), now: needed('value'), learn: optional('value') },
  decoder: { generate: needed('stream') },
  'acceptance-rule': { accept: needed('value') },
  'draft-policy': {
    ...{ grow: needed('value'), prepare: optional('promise') },
    ...{ learn: optional('value'), forget: optional('value') },
  },
  eval: { measure: needed('promise') },
  tokenizer: { encode: needed('value'), decode: needed('value') },
  dataset: { list: needed('promise'), read: needed('promise') },
};

/** What a definition of a kind says of sizes before anything is created, where it says it by a function. */
export const SIZE_HOOKS = { trunk: ['shape'], head: ['blocksPerOffset', 'ownReadout'] } as const;

/** A hook of {@link SIZE_HOOKS}. */
export type SizeHook = (typeof SIZE_HOOKS)[keyof typeof SIZE_HOOKS][number];

/** Name of the hook that `rows` of a head's objective is: the trainer calls it long after `objectives` has answered. */
export const ROWS = 'rows';

/** Every hook that a plugin of a kind may have: of its definition, of what `create` gives, and of what that gives. */
export function hooksOf(kind: PluginKind): readonly string[] {
  const sizes: readonly string[] = kind === 'trunk' || kind === 'head' ? SIZE_HOOKS[kind] : [];
  return ['create', ...sizes, ...Object.keys(HOOKS[kind]), ...(kind === 'head' ? [ROWS] : [])];
}

/** One hook of one plugin, as errors name it. */
export interface Hook {
  /** `head "low-rank"`; the package's export, for its import. */
  readonly who: string;
  readonly kind?: PluginKind;
  /** `forward`, `create`, `import`. */
  readonly name: string;
  readonly source: PluginSource;
  /** Whether a clock may have a say in what it does: what it gives is a timing, or marked as timed. */
  readonly isTimed: boolean;
}

/** How plugins are guarded. */
export interface GuardOptions {
  /** Told of every hook that is entered and left; default: nobody. */
  readonly watch?: HookWatch;
  /** Whether what hooks give is checked. Default: it is; a contract suite says itself what is wrong with it. */
  readonly values?: 'checked' | 'as they are';
}

/** A plugin whose hooks are guarded. */
export interface GuardedPlugin extends GuardOptions {
  readonly definition: Definition;
  readonly source: PluginSource;
}

/**
 * Somebody who looks on as hooks are entered and left: the worker of an ablation, which says where it was when it ended.
 *
 * Called around every hook, hot ones included.
 */
export interface HookWatch {
  enter(hook: Hook): void;
  /** @returns what the hook did that none may, to go on "forward ..." with, if anything */
  leave(hook: Hook): string | undefined;
  /** Whether this call's inputs and outputs are to be looked at closely, which takes time. Asked after `enter`. */
  inspects(hook: Hook): boolean;
}

/** A hook of a plugin. */
export function hookOf({ definition, source }: GuardedPlugin, name: string): Hook {
  const { kind } = definition;
  return Object.freeze({ who: `${kind} "${definition.name}"`, kind, name, source, isTimed: isTimed(definition, name) });
}

/** Data sets look at files, and decoders wait for prompts; what is timed or measured alone says so. */
function isTimed(definition: Definition, name: string): boolean {
  if (definition.kind === 'draft-policy') return name === 'prepare' || definition.isTimed === true;
  return definition.kind === 'eval' || definition.kind === 'decoder' || definition.kind === 'dataset';
}
