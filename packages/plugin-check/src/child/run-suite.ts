import {
  createRegistry,
  type Definition,
  definePlugin,
  failedHook,
  type Json,
  PLUGIN_API,
  type Registry,
} from '@foretoken/core';
import { type AnyContract, type BrokenRule, CONTRACTS, runContract, SEE_CAUSE } from '@foretoken/core/contract-checks';
import { isForetokenError } from '@foretoken/engine/errors';
import type { FromChild, SuiteJob } from './messages.ts';
import { defaultOptions } from './small-options.ts';
import { thrownAt } from './thrown-at.ts';

type Decided = SuiteJob & { readonly options: Readonly<Record<string, Json>> };

/** What a child knows beside its job. */
interface Suite {
  /** The package's folder. */
  readonly directory: string;
  readonly say: (message: FromChild) => Promise<void>;
}

/**
 * Runs the contract suite of one plugin, check by check, saying each before it begins: a child that is lost in the middle of
 * one has named it.
 *
 * @throws as `Contract.open`; OPTIONS_INVALID
 */
export async function runSuite(
  definitions: readonly Definition[],
  job: SuiteJob,
  { directory, say }: Suite,
): Promise<void> {
  const { kind, name, engine } = job;
  const registry = registryOf(definitions);
  const options = job.options ?? defaultOptions(registry, kind, name);
  // Said once, instead of by every check that then cannot begin.
  registry.checkOptions(kind, { ...options, name }, 'the options that it is checked with');
  const contract = announced(CONTRACTS[kind], { ...job, options }, say);
  // What a plugin of the package is made to work with may be another one of it.
  const bundle = definePlugin({ provides: definitions });
  const settings = { ...job.settings, engine };
  for await (const { title, ms, broken } of runContract(contract, bundle, name, options, settings)) {
    await say({ type: 'checked', title, ms, ...(broken && saidOf(broken, directory)) });
  }
}

/** A broken rule for the parent, who is not shown the cause: the place stands in its sentence. */
function saidOf(rule: BrokenRule, directory: string) {
  const where = thrownAt(rule.cause, directory);
  const place = where?.at === undefined ? '' : ` It was thrown at ${where.at}.`;
  const broken = rule.message.replace(` ${SEE_CAUSE}`, '') + place;
  return { broken, thrown: thrownIn(rule), ...where };
}

/** What a plugin threw in a check, and in which hook; undefined where it broke the rule itself. */
function thrownIn({ isThrown, cause }: BrokenRule): string | undefined {
  if (!isThrown) return undefined;
  const hook = failedHook(cause)?.name ?? 'it';
  const own = isForetokenError(cause) && cause.code === 'PLUGIN_FAILED' && cause.cause ? cause.cause : cause;
  return `${hook} throws "${own instanceof Error ? own.message : String(own)}"`;
}

function registryOf(definitions: readonly Definition[]): Registry {
  const registry = createRegistry();
  for (const one of definitions) registry.register(one, { package: 'under-check', version: '0.0.0', api: PLUGIN_API });
  return registry;
}

function announced(contract: AnyContract, job: Decided, say: (message: FromChild) => Promise<void>): AnyContract {
  const checks = contract.checks.filter(({ title }) => !job.without.includes(title));
  return {
    kind: contract.kind,
    checks: checks.map(({ title, run }) => ({
      title,
      async run(subject) {
        await say({ type: 'checking', title });
        return run(subject);
      },
    })),
    async open(...given) {
      const subject = await contract.open(...given);
      const takesEngine = 'engine' in subject;
      const titles = contract.checks.map(({ title }) => title);
      await say({ type: 'opened', titles, takesEngine, options: job.options });
      return subject;
    },
  };
}
