import { type Message, publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { type Finding, findingsOf, type Severity } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';

const finding = findingsOf('types');

const SEVERITIES: Readonly<Record<Message['type'], Severity>> = {
  error: 'error',
  warning: 'warning',
  suggestion: 'note',
};

/** Holds `exports` and the files behind it against what Node and bundlers do with them. @source https://publint.dev/rules */
export async function checkExports({ directory }: StagedPackage): Promise<readonly Finding[]> {
  const { messages, pkg } = await publint({ pkgDir: directory, pack: false });
  return messages.map((message) => {
    const sentence = formatMessage(message, pkg, { color: false }) ?? message.code;
    const rule = `https://publint.dev/rules#${message.code.toLowerCase()}`;
    return finding(
      SEVERITIES[message.type],
      `package.json: ${message.path.join('.')}`,
      `${ended(sentence)} See ${rule}`,
    );
  });
}

const ended = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().replace(/\.?$/, '.');
