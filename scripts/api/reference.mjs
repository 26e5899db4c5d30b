import { StepFailed } from '../setup/command.mjs';
import { parseComment, toMarkdown } from './comment.mjs';
import { GROUPS, sourceOf } from './groups.mjs';

const HEAD = `# The plugin API

Everything that \`@foretoken/core/plugin\` exports, from its declarations: written by \`npm run api\`, not by hand. \`Type\` and
\`Static\` beside it are [TypeBox](https://github.com/sinclairzx81/typebox)'s, for schemas of options. Letters at the end of a
tensor's name are its shape: \`B\` batch, \`T\` positions or nodes of a row, \`D\` width, \`V\` vocabulary, \`N\` = B*T rows, \`E\` what a
readout reads, \`H\` attention heads.

How to use it: [write a head](../guide/write-a-head.md). Why it is as it is:
[architecture](../architecture.md#the-contracts-and-why-they-are-as-they-are). What may change in it and when:
[versions](../guide/versions.md).
`;

/**
 * The page docs/reference/plugin-api.md.
 *
 * @param items - of {@link extractPluginApi}
 */
export function renderReference(items) {
  const anchors = new Map(items.map(({ name }) => [name, name.toLowerCase()]));
  const grouped = GROUPS.map(({ title, files }) => ({ title, items: files.flatMap((file) => of(items, file)) }));
  const known = grouped.flatMap((group) => group.items);
  const strange = items.filter((item) => !known.includes(item));
  if (strange.length > 0) {
    const names = strange.map((item) => `${item.name} (${sourceOf(item)})`);
    throw new StepFailed(
      `No section of the reference holds ${names.join(', ')}.`,
      'add the file to one in scripts/api/groups.mjs.',
    );
  }
  const contents = grouped.map(({ title, items: own }) => `- **${title}**: ${own.map(linked).join(', ')}`);
  const sections = grouped.map(
    ({ title, items: own }) => `## ${title}\n\n${own.map((item) => entry(item, anchors)).join('\n')}`,
  );
  return `${[HEAD, `${contents.join('\n')}\n`, ...sections].join('\n')}`;
}

const of = (items, file) => items.filter((item) => sourceOf(item) === file);

const linked = ({ name }) => `[\`${name}\`](#${name.toLowerCase()})`;

/** One exported item: signature, what it is, its members. */
function entry(item, anchors) {
  const members = item.members.map((member) => memberEntry(member, anchors));
  return `${[
    `### ${item.name}\n`,
    `\`\`\`ts\n${signature(item)}\n\`\`\`\n`,
    ...documented(item, anchors, ''),
    ...(members.length === 0 ? [] : [`${members.join('\n')}\n`]),
  ].join('\n')}`;
}

function memberEntry(member, anchors) {
  const [first = '', ...rest] = documented(member, anchors, '  ');
  return `- \`${signature(member)}\`<br>\n  ${first.trimStart()}${rest.map((part) => `\n${part}`).join('')}`.trimEnd();
}

/** What a comment says, a part each: prose, parameters, result, errors, source. */
function documented({ docComment }, anchors, indent) {
  const { text, params, returns, throws, sources } = parseComment(docComment);
  const prose = (part) => toMarkdown(part, anchors).replaceAll(/\n(?!\n)/g, `\n${indent}`);
  const list = [
    ...params.map(({ name, text: what }) => `- \`${name}\`: ${prose(what)}`),
    ...(returns ? [`- Returns ${prose(returns)}`] : []),
    ...throws.map((what) => `- Throws ${prose(what)}`),
    ...sources.map((what) => `- Source: ${prose(what)}`),
  ].map((line) => indent + line);
  return [...(text ? [`${indent}${prose(text)}\n`] : []), ...(list.length > 0 ? [`${list.join('\n')}\n`] : [])];
}

/** As it is declared, on as many lines as the declaration has; a member's on one. */
function signature({ kind, excerptTokens }) {
  const text = excerptTokens.map((token) => token.text).join('');
  const bare = text.replace(/^export /, '').replace(/^declare /, '');
  const isMember = /Signature|Method|Property|Constructor/.test(kind);
  if (kind === 'Variable') return `const ${bare.trim()}`;
  return isMember ? bare.replaceAll(/\s+/g, ' ').replace(/;$/, '').trim() : bare.trim();
}
