/** Score below which a module's run fails: of 100 mutants, so many must make a test fail. */
export const LOWEST_SCORE = 90;

/**
 * The modules whose tests are measured: where a mistake would be silent, what is written, read, learned, kept or compared.
 *
 * `mutate` are the files that are changed, `tests` those that must notice: quick ones of the same package, since packages
 * see one another as they are built.
 */
export const MODULES = {
  files: {
    package: 'core',
    mutate: [
      'files/{append-only-file,disk,free-space,is-running,json-file,json-lines-log,kind-of,make-folder}.ts',
      'files/{move-into-place,regular-file,remove-path,write-file-atomic}.ts',
    ],
    // Those of simulated disks take seconds a mutant, and would find it as well.
    tests: ['files/*.test.ts', '!files/{disk-errors,strict-json}.test.ts'],
  },
  safetensors: {
    package: 'core',
    mutate: ['checkpoints/safetensors*.ts'],
    tests: ['checkpoints/safetensors*.test.ts', 'checkpoints/hostile/{bad-files,python,special-files}.test.ts'],
  },
  'cross-entropy': {
    package: 'engine',
    mutate: ['ops/{linear-loss,cross-entropy}.ts', 'loops/cross-entropy.ts'],
    tests: ['ops/{linear-loss,cross-entropy}.test.ts', 'loops/cross-entropy.test.ts'],
  },
  losses: {
    package: 'core',
    mutate: ['training/backward/losses.ts', 'training/objectives.ts', 'model/offset-cross-entropy.ts'],
    // Those over whole models take seconds a mutant.
    tests: ['training/backward/{losses,norms}.test.ts', 'training/objectives.test.ts'],
  },
  acceptance: {
    package: 'decoders',
    mutate: ['{exact,rejection,typical,top-k,distance}/*.ts', 'session/{verdict,path}.ts'],
    // The contract of a rule takes seconds a mutant.
    tests: [
      '{exact,rejection,typical,top-k,distance}/*.test.ts',
      'session/{verdict,path}.test.ts',
      'acceptance/declarations.test.ts',
      '!*/*.contract.test.ts',
    ],
  },
  verification: {
    package: 'core',
    mutate: ['generation/{accept-drafts,longest-path,tree}.ts'],
    tests: ['generation/{accept-drafts,longest-path,tree}.test.ts'],
  },
  matrix: {
    package: 'ablation',
    mutate: [
      'matrix/{axes,axis-label,budget,condition,evals-alone,match-tokens,seeds,setting,shared-paths,visible}.ts',
    ],
    tests: ['matrix/{axes,axis-label,budget,condition,setting}.test.ts'],
  },
  arms: {
    package: 'ablation',
    // Not the schema, a table of the form that a file has: what it lets through is judged by the files here.
    mutate: ['matrix/{ablation-file,cells,expand-arms,inspect-arm,resolve-arms}.ts'],
    // Those of whole plans take seconds a mutant.
    tests: ['matrix/{ablation-file,cells,expand-arms,inspect-arm,resolve-arms}.test.ts'],
  },
};

/** Globs of a module's files as seen from the root. */
export function globsOf({ package: name, mutate, tests }) {
  const from = (glob) => glob.replace(/^!?/, (not) => `${not}packages/${name}/src/`);
  return { mutate: mutate.map(from), tests: tests.map(from) };
}
