import type { Definition, Json } from '@foretoken/core';
import { type AnyContract, CONTRACTS, runContract } from '@foretoken/core/contract-checks';
import type { FromChild, SuiteJob } from './messages.ts';
import { defaultOptions } from './small-options.ts';

type Decided = SuiteJob & { readonly options: Readonly<Record<string, Json>> };

/**
 * Runs the contract suite of one plugin, check by check, saying each before it begins: a child that is lost in the middle of
 * one has named it.
 *
 * @throws as `Contract.open`
 */
export async function runSuite(
  definitions: readonly Definition[],
  job: SuiteJob,
  say: (message: FromChild) => Promise<void>,
): Promise<void> {
  const definition = definitions.find(({ kind, name }) => kind === job.kind && name === job.name)!;
  const options = job.options ?? defaultOptions(definition, definitions);
  const contract = announced(CONTRACTS[job.kind], { ...job, options }, say);
  // What a plugin of the package is made to work with may be another one of it.
  const bundle = { api: definition.api, provides: [definition, ...definitions.filter((one) => one !== definition)] };
  const settings = { ...job.settings, engine: job.engine };
  for await (const { title, ms, broken } of runContract(contract, bundle, job.name, options, settings)) {
    await say({ type: 'checked', title, ms, ...(broken && { broken: broken.message }) });
  }
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
