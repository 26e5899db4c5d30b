import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle, PluginKind } from '../plugins/define.ts';
import { NeverSettled, type Patience, settled } from './patience.ts';
import type { PluginCase } from './plugin-case.ts';

/** One rule of a contract. */
export interface ContractCheck<Case extends PluginCase = PluginCase> {
  /** Goes on where "it ..." begins: a sentence that is true of a plugin that passes. */
  readonly title: string;
  /** @throws BrokenRule that says where the plugin broke the rule, and what to do */
  run(subject: Case): void | Promise<void>;
}

/** The contract of one kind of plugin, rule by rule: what must hold for the next to mean anything comes first. */
export interface Contract<Case extends PluginCase = PluginCase, Settings = Record<never, never>> {
  readonly kind: PluginKind;
  readonly checks: readonly ContractCheck<Case>[];
  /**
   * Registers a plugin, with the options that it is to be checked with.
   *
   * @param plugin - the definition, or the bundle that provides it
   * @throws PLUGIN_UNKNOWN, PLUGIN_INVALID, PLUGIN_API if there is no such plugin to check
   */
  open(
    plugin: Definition | PluginBundle,
    name: string,
    options: Readonly<Record<string, Json>>,
    settings: Settings,
  ): Case | Promise<Case>;
}

/** A rule of the contract that a plugin broke. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule';
  /** Whether the plugin threw, and so the rule was not come to: `cause` is what it threw. */
  isThrown = false;
}

/**
 * The error of a broken rule: plugin, rule, what was got and where, the next step.
 * @param rule - whole sentences, the last one saying what to do
 */
export function broken({ subject }: Pick<PluginCase, 'subject'>, rule: string, options?: ErrorOptions): BrokenRule {
  return new BrokenRule(`${subject.kind} "${subject.name}": ${rule}`, options);
}

/** What a broken rule says of where its plugin threw, for whoever is shown the cause too. */
export const SEE_CAUSE = 'The error is attached as the cause; its stack shows where.';

/**
 * Runs a check. What the plugin itself throws becomes a broken rule too, with the error attached: a stack of tfjs' alone
 * names neither plugin nor rule.
 *
 * @param patience - of all checks of a plugin: what never settles in one is not waited for as long in the next
 * @throws BrokenRule
 */
export async function runCheck<Case extends PluginCase>(
  check: ContractCheck<Case>,
  subject: Case,
  patience: Patience,
): Promise<void> {
  try {
    await settled(() => check.run(subject), patience);
  } catch (cause) {
    if (cause instanceof BrokenRule) throw cause;
    throw cause instanceof NeverSettled ? neverSettled(subject, check.title) : thrown(subject, check.title, cause);
  }
}

function thrown(subject: Pick<PluginCase, 'subject'>, title: string, cause: unknown): BrokenRule {
  const message = cause instanceof Error ? cause.message : String(cause);
  const what = `it threw while it was checked that it ${title}: ${message.replace(/\.?$/, '.')}`;
  return Object.assign(broken(subject, `${what} ${SEE_CAUSE}`, { cause }), { isThrown: true });
}

const neverSettled = (subject: Pick<PluginCase, 'subject'>, title: string): BrokenRule =>
  broken(
    subject,
    `it never settled while it was checked that it ${title}: a hook waits, and nothing happens any more. Settle every ` +
      'promise that a hook gives.',
  );
