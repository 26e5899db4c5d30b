/**
 * The parts of a documentation comment as the house writes them.
 *
 * @param comment - with its delimiters and asterisks
 * @returns `text`, and what stands behind each tag
 */
export function parseComment(comment) {
  const lines = comment
    .replace(/^\s*\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const parts = [{ tag: 'text', lines: [] }];
  for (const line of lines) {
    const [, tag, rest] = /^\s*@(\w+)\s*(.*)$/.exec(line) ?? [];
    if (tag) parts.push({ tag, lines: [rest] });
    else parts.at(-1).lines.push(line);
  }
  const of = (wanted) => parts.filter(({ tag }) => tag === wanted).map((part) => part.lines.join('\n').trim());
  return {
    text: of('text').join('\n'),
    params: of('param').map(parameter),
    returns: of('returns').join('\n'),
    throws: of('throws'),
    sources: of('source'),
  };
}

function parameter(text) {
  const [, name, rest] = /^(\S+)\s+-\s+([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`"@param ${text}" is not "@param name - what it is".`);
  return { name, text: rest };
}

/**
 * A comment's prose as Markdown: what Markdown would take for markup is escaped, and links lead to headings.
 *
 * @param anchors - of the names that have a heading
 */
export function toMarkdown(text, anchors) {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : proseToMarkdown(part, anchors)))
    .join('');
}

function proseToMarkdown(prose, anchors) {
  return prose.replace(/\{@link ([\w.]+)\}|[*<>\\]/g, (found, name) => {
    if (name === undefined) return `\\${found}`;
    const anchor = anchors.get(name.split('.')[0]);
    return anchor === undefined ? `\`${name}\`` : `[\`${name}\`](#${anchor})`;
  });
}
