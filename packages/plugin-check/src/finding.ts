/** The parts of a check, in the order that they are run and shown in. */
export const SECTIONS = {
  manifest: 'manifest and package.json',
  types: 'exports and types',
  contents: 'contents',
  code: 'code',
  host: 'what it does to its host',
  contracts: 'contracts',
} as const;

export type SectionName = keyof typeof SECTIONS;

/** `error`: not fit to publish; `warning`: to be mended; `note`: to be known. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that a check found. */
export interface Finding {
  readonly section: SectionName;
  readonly severity: Severity;
  /** The place in the package: `package.json: license`, `dist/head.js:12`, `head "low-rank" on cpu`. */
  readonly where: string;
  /** The rule, what was got, the next step. */
  readonly sentence: string;
}

/** Next steps of errors for those who use a package. A check is run by its author, or for him. */
const FOR_USERS =
  /(?:Mend (?:it|the plugin), or |Check its options; if they are right, )?report it to (?:its author|the author of \S+)\.$/i;

/** Makes findings of one section. */
export const findingsOf =
  (section: SectionName) =>
  (severity: Severity, where: string, sentence: string): Finding => {
    return { section, severity, where, sentence: sentence.replace(FOR_USERS, 'Mend it.') };
  };

/** Whether nothing that was found keeps a package from being published. */
export const isClean = (findings: readonly Finding[]): boolean =>
  findings.every(({ severity }) => severity !== 'error');
