export { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
export {
  type BackwardName,
  type BaseRun,
  CONFIG_VERSION,
  type DecoderRef,
  type DistilSettings,
  type EngineSettings,
  type Experiment,
  type GroupSettings,
  type MatchName,
  type ParameterGroup,
  type PluginRef,
} from './config/experiment.ts';
export { deepFreeze } from './config/freeze.ts';
export { canonicalJson, experimentHash, hashJson } from './config/hash.ts';
export { describeOptions, experimentJsonSchema, type OptionDescription } from './config/json-schema.ts';
export {
  type LoadExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
  loadSource,
  missingPackages,
  packagesListed,
} from './config/load-experiment.ts';
export { applyOverrides, type Override } from './config/overrides.ts';
export { readConfigFile } from './config/read-config-file.ts';
export { type Configuration, readConfiguration } from './config/read-configuration.ts';
export { type Reference, referencesOf } from './config/references.ts';
export { type ConfigProblem, refuseUnreadable, throwProblems } from './config/report.ts';
export { inspectExperiment, resolveExperiment } from './config/resolve.ts';
export { scaleSteps } from './config/scale-steps.ts';
export { MATCHES } from './config/schema.ts';
export {
  type EntryPart,
  formatProblem,
  member,
  type Position,
  parseSource,
  partOf,
  type Source,
  sourceOf,
} from './config/source-map.ts';
export { validationStep } from './config/validation-step.ts';
export type * from './contracts/index.ts';
export type { LanguageModel } from './contracts/model.ts';
export { Utf8Stream } from './data/utf8-stream.ts';
export { createHost, type Host, type HostOptions, type InversifyApplication } from './di/host.ts';
export type { RunScope } from './di/run-scope.ts';
export {
  type EngineOpener,
  FORETOKEN_HOST,
  FORETOKEN_PLUGIN,
  FORETOKEN_RUN,
  type HostServices,
  type RunServices,
  type SessionFactory,
  TOKENS,
} from './di/tokens.ts';
export type { DiskOptions } from './files/disk.ts';
export { FORMAT_VERSION } from './files/format-version.ts';
export { type JsonObject, readJson, writeJson } from './files/json-file.ts';
export { makeFolder } from './files/make-folder.ts';
export { removePath } from './files/remove-path.ts';
export { writeFileAtomic } from './files/write-file-atomic.ts';
export {
  drawIndex,
  indexOfLargest,
  indicesOfLargest,
  overVocabulary,
  softmax,
  without,
} from './generation/distribution.ts';
export { errorOf, type Fault, type PromptLimits, promptFaults, tokenFaults } from './generation/request-checks.ts';
export { createSampler, type Sampler } from './generation/sampler.ts';
export { emptyTree, isPath, levelsOf, nodesPerLevel, treeFault } from './generation/tree.ts';
export type { AvailablePlugins } from './plugins/available.ts';
export type { PluginSource } from './plugins/check-definition.ts';
export { closest, didYouMean } from './plugins/closest.ts';
export * from './plugins/define.ts';
export type { HostApplication } from './plugins/given-plugins.ts';
export { failedHook, saidHook, saidReason } from './plugins/guarded/failure.ts';
export type { Hook, HookWatch } from './plugins/guarded/hooks.ts';
export { saidMaker } from './plugins/guarded/made-by.ts';
export { type LoadOptions, loadPluginPackage, type PluginPackage, registerPackage } from './plugins/load.ts';
export { createPluginLoader, loaderOf, type PluginLoader, type PluginLoaderOptions } from './plugins/loader.ts';
export { type Manifest, type Promised, readManifest } from './plugins/manifest.ts';
export { compileSchema, type JsonSchema, RESERVED_KEYS } from './plugins/options-schema.ts';
export { resolveExport } from './plugins/package-export.ts';
export { findPackage, installedFolder, PACKAGE_NAME, type PackageFolder } from './plugins/package-folder.ts';
export { type Path, problemsOf, type SchemaProblem } from './plugins/problems.ts';
export { createRegistry, type NamedOptions, type PluginListing, plural, type Registry } from './plugins/registry.ts';
export { createRandom } from './random/random.ts';
export { readMetrics } from './training/metrics-rows.ts';
export { readRunSummary } from './training/run-summary.ts';
