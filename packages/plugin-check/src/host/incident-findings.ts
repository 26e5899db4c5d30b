import type { Incident } from '../child/incidents.ts';
import { type Finding, findingsOf, type Severity } from '../finding.ts';

const finding = findingsOf('host');

interface Meaning {
  readonly severity: Severity;
  /** Whole sentences; the details stand where the `%` is. */
  readonly sentence: string;
}

const SHARED = 'every plugin and the host share it, so arms of a comparison would act on one another';

const MEANINGS: Readonly<Record<Incident['what'], Meaning>> = {
  random: {
    severity: 'error',
    sentence:
      'It drew random numbers that no seed determines (%): two runs of one seed would differ. Draw from the `random` that its hooks are given.',
  },
  clock: {
    severity: 'warning',
    sentence: 'It read a clock (%): what follows from that differs from run to run. Do without, or only report it.',
  },
  global: {
    severity: 'error',
    sentence: `It changed what is global (%): ${SHARED}. Keep it in the module.`,
  },
  prototype: {
    severity: 'error',
    sentence: `It changed a built-in prototype (%): ${SHARED}. Write a function instead.`,
  },
  output: {
    severity: 'warning',
    sentence: 'It wrote to the output as it was imported (“%”), amid the results of a command. Leave it out.',
  },
  environment: {
    severity: 'error',
    sentence: `It changed the environment (%): ${SHARED}. Take options instead.`,
  },
  listener: {
    severity: 'error',
    sentence:
      'It listens to the process (%) as soon as it is imported, where the host alone may. Take the listener out.',
  },
  handle: {
    severity: 'warning',
    sentence:
      'It left something open after its import (%), which keeps a finished process alive. Open it when it is used.',
  },
  folder: {
    severity: 'error',
    sentence: 'It changed the folder of the process (now %), from which all relative paths start. Leave it.',
  },
};

/** Kinds whose work is to measure, or whose decisions may be timed: for them a clock is only worth a note. */
const MAY_TIME: ReadonlySet<string> = new Set(['eval', 'draft-policy', 'decoder']);

/** At most so many details are listed. */
const MOST = 5;

/**
 * Says what a package did to the process that ran it, one finding for each sort of thing.
 * @param kinds - of the plugins that it provides
 */
export function incidentFindings(incidents: readonly Incident[], kinds: readonly string[]): readonly Finding[] {
  return (Object.keys(MEANINGS) as Incident['what'][]).flatMap((what) => {
    const details = [...new Set(incidents.filter((one) => one.what === what).map((one) => one.detail))];
    if (details.length === 0) return [];
    const { severity, sentence } = MEANINGS[what];
    const listed = details.slice(0, MOST).join('; ') + (details.length > MOST ? `; ${details.length - MOST} more` : '');
    const isNote = what === 'clock' && kinds.some((kind) => MAY_TIME.has(kind));
    return [
      finding(
        isNote ? 'note' : severity,
        'its code',
        sentence.replace('%', () => listed),
      ),
    ];
  });
}
