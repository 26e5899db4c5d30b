import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Manifest, PLUGIN_API } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import { checkCode } from './code/check-code.ts';
import { checkContents, unpackedBytes } from './contents/check-contents.ts';
import { type ContractProgress, type ContractsCheck, checkContracts } from './contracts/check-contracts.ts';
import { declaredOptions, type OptionsByPlugin, readSuiteOptions } from './contracts/suite-options.ts';
import { enginesFor } from './engines.ts';
import { type Finding, SECTIONS, type SectionName } from './finding.ts';
import { checkHost, type HostCheck } from './host/check-host.ts';
import { incidentFindings } from './host/incident-findings.ts';
import { checkManifest } from './manifest/check-manifest.ts';
import { checkPackageJson } from './manifest/check-package-json.ts';
import { type PluginReport, sectionOf, summaryOf } from './report.ts';
import { type StagedPackage, stagePackage } from './subject/stage.ts';
import { readTarget } from './subject/target.ts';
import { checkExports } from './types/check-exports.ts';
import { checkTypes } from './types/check-types.ts';

/** How a plugin package is checked; the defaults suit most. */
export interface CheckOptions {
  /** Folder that paths and names start from. Default: that of the process. */
  readonly from?: string;
  /** JSON file that says what plugins are checked with, by `kind/name`. Default: their schemas' defaults. */
  readonly optionsFile?: string;
  /** Engines to run contracts on. Default: `cpu`, then every other that can run here. */
  readonly engines?: readonly EngineName[];
  /** Longest time of one check, in milliseconds. Default: two minutes. */
  readonly deadlineMs?: number;
  /** Most resident memory of the process that runs the package's code. Default: 2 GiB. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  /** Called as a part begins. */
  readonly onSection?: (section: SectionName) => void;
  /** Called as a check of a contract begins. */
  readonly onContract?: (progress: ContractProgress) => void;
}

/**
 * Checks a plugin package as it is, or would be, published: package.json and manifest, exports and types, contents, code,
 * what loading it does to a host, and the contracts of everything that it provides. Its code runs in processes of their
 * own, so whatever it does is a finding; nothing is installed or downloaded.
 *
 * @param target - a folder, a tarball, or the name of an installed package
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, TARBALL_INVALID if there is no package to check; CONFIG_NOT_FOUND, CONFIG_SYNTAX,
 * CONFIG_INVALID of the options' file; ENGINE_UNKNOWN, ENGINE_UNAVAILABLE; what `signal` was aborted with
 */
export async function checkPlugin(target: string, options: CheckOptions = {}): Promise<PluginReport> {
  const from = path.resolve(options.from ?? '.');
  const engines = await enginesFor(options.engines);
  const staged = stagePackage(await readTarget(target, from, options.signal), from);
  try {
    return await checkStaged(staged, engines, options);
  } finally {
    staged.close();
  }
}

/** Findings of all that needs none of the package's code to run. */
interface StaticCheck {
  readonly manifest: Manifest | undefined;
  readonly findings: readonly Finding[];
}

async function checkStaged(
  staged: StagedPackage,
  engines: readonly EngineName[],
  options: CheckOptions,
): Promise<PluginReport> {
  const still = await checkStill(staged, options);
  const { manifest } = still;
  // Read before anything is run: it may be wrong.
  const given = suiteOptions(options, staged, manifest);
  const limits = { deadlineMs: options.deadlineMs ?? 120_000, memoryBytes: options.memoryBytes ?? 2 * 2 ** 30 };
  const isFit = manifest !== undefined && !still.findings.some(keepsItFromLoading);
  if (isFit) options.onSection?.('host');
  const host = isFit ? await checkHost(staged, limits, options.signal) : undefined;
  if (host?.isLoaded) options.onSection?.('contracts');
  const { signal, onContract: onProgress = () => {} } = options;
  const request = { provides: manifest?.provides ?? [], engines, options: given, limits, signal, onProgress };
  const contracts = host?.isLoaded ? await checkContracts(staged, request) : undefined;
  return reportOf(staged, engines, { still, host, contracts });
}

/** What the file says, then what the package itself does. */
function suiteOptions(
  { optionsFile, from = '.' }: CheckOptions,
  { packageJson }: StagedPackage,
  manifest: Manifest | undefined,
): OptionsByPlugin {
  if (!manifest) return new Map();
  const declared = declaredOptions((packageJson.foretoken as { provides: unknown[] }).provides);
  if (optionsFile === undefined) return declared;
  return new Map([...declared, ...readSuiteOptions(path.resolve(from, optionsFile), manifest.provides)]);
}

/** What is wrong with the manifest keeps any host from loading the package, so nothing of it is run. */
const keepsItFromLoading = ({ section, severity, where }: Finding): boolean =>
  section === 'manifest' && severity === 'error' && where.startsWith('package.json: foretoken');

async function checkStill(staged: StagedPackage, { onSection = () => {}, signal }: CheckOptions): Promise<StaticCheck> {
  onSection('manifest');
  const { manifest, findings } = checkManifest(staged);
  const found = [...findings, ...checkPackageJson(staged)];
  onSection('types');
  found.push(...(await checkExports(staged)), ...(await checkTypes(staged)));
  signal?.throwIfAborted();
  onSection('contents');
  found.push(...checkContents(staged));
  onSection('code');
  if (manifest) found.push(...checkCode(staged, manifest));
  signal?.throwIfAborted();
  return { manifest, findings: found };
}

interface Found {
  readonly still: StaticCheck;
  readonly host: HostCheck | undefined;
  readonly contracts: ContractsCheck | undefined;
}

function reportOf(staged: StagedPackage, engines: readonly EngineName[], found: Found): PluginReport {
  const { packageJson, origin } = staged;
  const { still, host, contracts } = found;
  const provides = (still.manifest?.provides ?? []).map(({ kind, name }) => ({ kind, name }));
  const incidents = [...(host?.incidents ?? []), ...(contracts?.suites.flatMap((suite) => suite.incidents) ?? [])];
  const kinds = provides.map(({ kind }) => kind);
  const findings = [
    ...still.findings,
    ...(host?.findings ?? []),
    ...incidentFindings(incidents, kinds),
    ...(contracts?.findings ?? []),
  ];
  const said = summaries(staged, found);
  return {
    package: String(packageJson.name),
    version: String(packageJson.version),
    origin,
    ok: findings.every(({ severity }) => severity !== 'error'),
    foretoken: ownVersion(),
    api: PLUGIN_API,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    engines,
    provides,
    sections: (Object.keys(SECTIONS) as SectionName[]).map((name) => sectionOf(name, findings, said[name])),
    suites: contracts?.suites.map(summaryOf) ?? [],
  };
}

type Said = Readonly<Record<SectionName, { readonly summary?: string; readonly notRun?: string }>>;

/** What each part looked at, or why it did not. */
function summaries({ files, packageJson }: StagedPackage, { still, host, contracts }: Found): Said {
  const { manifest } = still;
  const listed =
    manifest?.provides.map(({ kind, name }) => `${kind} ${name}`).join(', ') ?? 'nothing that a host would take';
  const notLoaded = { notRun: 'not run: the manifest has to be mended first' };
  const suites = contracts?.suites ?? [];
  const [done, all] = [suites.flatMap(({ checks }) => checks), suites.map(({ engine }) => engine)];
  const passed = done.filter(({ outcome }) => outcome === 'passed').length;
  return {
    manifest: { summary: `provides ${listed}` },
    types: { summary: `${entries(packageJson.exports)}, as an ES module` },
    contents: { summary: `${files.length} files, ${kibibytes(unpackedBytes(files))} unpacked` },
    code: manifest ? { summary: 'read, not run' } : notLoaded,
    host: host ? { summary: host.isLoaded ? `loaded in ${Math.round(host.loadMs!)} ms` : 'not loaded' } : notLoaded,
    contracts: contracts
      ? { summary: `${passed} of ${done.length} checks passed on ${[...new Set(all)].join(', ') || 'no engine'}` }
      : { notRun: host ? 'not run: the package has to load first' : notLoaded.notRun },
  };
}

/** How many ways there are into a package: `exports` may name its entries, or be the only one. */
function entries(exported: unknown): string {
  const names = typeof exported === 'object' && exported !== null ? Object.keys(exported) : [];
  const count = names.filter((name) => name.startsWith('.') && name !== './package.json').length || 1;
  return count === 1 ? '1 entry' : `${count} entries`;
}

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

const ownVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
