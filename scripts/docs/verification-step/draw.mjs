// The picture of one verifying step in docs/guide/decoding.md: a model with n = 4 goes on with `from '.`.
// Everything in it follows from the step below; nothing is placed twice by hand.

/** What the last forward left, what this one says, and what the heads draft then. `·` is a space. */
const STEP = {
  committed: ['f', 'r', 'o'],
  pending: 'm',
  drafts: ['·', "'", '/'],
  /** The model's own choice after the pending token and after each draft. */
  choices: ['·', "'", '.', 't'],
  next: ['.', '/', 't'],
};

const CELL = 58;
const GAP = 10;
const LEFT = 232;
const ROWS = { drafted: 66, forward: 156, choices: 216, kept: 320, next: 446 };
const SIZE = { width: 920, height: 530 };

const STYLE = `
  .page { fill: #f6f7f9; } .ink { fill: #16191d; } .muted { fill: #59626e; } .line { stroke: #59626e; fill: none; }
  .cell { fill: #ffffff; stroke: #59626e; } .read { fill: #e4e8ed; stroke: #9aa3ad; }
  .pending { fill: #fff3d6; stroke: #a87000; } .draft { fill: #ffffff; stroke: #0a5fb0; stroke-dasharray: 5 3; }
  .kept { fill: #d3f0e2; stroke: #00805a; } .bonus { fill: #fff3d6; stroke: #a87000; } .gone { fill: none; stroke: #a33b00; stroke-dasharray: 3 4; }
  .good { fill: #00805a; } .bad { fill: #a33b00; } .badline { stroke: #a33b00; } .trunk { fill: #dce9f7; stroke: #0a5fb0; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #1c2126; } .ink { fill: #e8ebee; } .muted { fill: #a3adb8; } .line { stroke: #a3adb8; }
    .cell { fill: #14171b; stroke: #a3adb8; } .read { fill: #2a3138; stroke: #59626c; }
    .pending { fill: #4a3a10; stroke: #ecb53c; } .draft { fill: #14171b; stroke: #76b7f2; }
    .kept { fill: #10402f; stroke: #38c796; } .bonus { fill: #4a3a10; stroke: #ecb53c; } .gone { stroke: #ff9a62; }
    .good { fill: #38c796; } .bad { fill: #ff9a62; } .badline { stroke: #ff9a62; } .trunk { fill: #123a5e; stroke: #76b7f2; }
  }
  text { font: 15px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
  .token { font: 600 22px ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; text-anchor: middle; }
  .small { font-size: 13px; } .middle { text-anchor: middle; } .title { font-weight: 600; }
`;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);

const columnX = (column) => LEFT + column * (CELL + GAP);
const centreX = (column) => columnX(column) + CELL / 2;

const label = (x, y, kind, text) => `<text x="${x}" y="${y}" class="${kind}">${escaped(text)}</text>`;

function cell(column, y, kind, token) {
  const tone = kind === 'gone' ? 'bad' : 'ink';
  return (
    `<rect x="${columnX(column)}" y="${y}" width="${CELL}" height="44" rx="6" class="${kind}" stroke-width="1.5"/>` +
    label(centreX(column), y + 29, `token ${tone}`, token)
  );
}

const arrow = (x, from, to) =>
  `<path d="M${x},${from}V${to}" class="line" stroke-width="1.5" marker-end="url(#head)"/>`;

const rowTitle = (y, title, ...notes) => [
  label(20, y, 'ink title', title),
  ...notes.map((note, i) => label(20, y + 19 * (i + 1), 'muted small', note)),
];

/** The picture, as the text of an SVG file. */
export function verificationStep({ committed, pending, drafts, choices, next } = STEP) {
  const first = committed.length;
  const accepted = drafts.findIndex((draft, i) => draft !== choices[i]);
  const bonus = choices[accepted];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-labelledby="title description">`,
    '<title id="title">One verifying step of self-speculative decoding</title>',
    `<desc id="description">The heads drafted ${drafts.length} tokens behind the pending one. One forward reads all four and gives the model’s own choice after each. ` +
      `${accepted} drafts equal it and are kept, the choice at the first difference is the bonus token, and the memory of what comes behind is rolled back.</desc>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="6" refY="3.5" orient="auto"><path d="M0,0L7,3.5L0,7z" class="muted"/></marker></defs>',
    `<rect width="${SIZE.width}" height="${SIZE.height}" rx="10" class="page"/>`,
    ...draftedRow({ committed, pending, drafts, first }),
    ...forwardRow({ drafts, choices, first }),
    ...keptRow({ drafts, first, accepted, bonus }),
    ...nextRow({ committed, pending, drafts, first, accepted, bonus, next }),
    '</svg>',
    '',
  ].join('\n');
}

function draftedRow({ committed, pending, drafts, first }) {
  const y = ROWS.drafted;
  return [
    ...rowTitle(y + 14, '1 Drafted', 'by the heads, from the', 'forward before this one'),
    ...committed.map((token, i) => cell(i, y, 'read', token)),
    label((columnX(0) + columnX(first) - GAP) / 2, y - 14, 'muted small middle', 'in memory'),
    cell(first, y, 'pending', pending),
    label(centreX(first), y - 14, 'muted small middle', 'pending'),
    ...drafts.flatMap((token, i) => [
      cell(first + 1 + i, y, 'draft', token),
      label(centreX(first + 1 + i), y - 14, 'muted small middle', `head ${i + 2}`),
    ]),
  ];
}

function forwardRow({ drafts, choices, first }) {
  const y = ROWS.forward;
  const width = columnX(first + drafts.length) + CELL - columnX(first);
  return [
    ...rowTitle(y + 4, '2 One forward', 'reads all four at once, each', 'seeing what is before it'),
    `<rect x="${columnX(first)}" y="${y - 20}" width="${width}" height="38" rx="6" class="trunk" stroke-width="1.5"/>`,
    label(columnX(first) + width / 2, y + 4, 'ink middle', 'trunk and head 1'),
    ...choices.flatMap((token, i) => [
      arrow(centreX(first + i), ROWS.drafted + 46, y - 23),
      arrow(centreX(first + i), y + 20, ROWS.choices - 3),
      cell(first + i, ROWS.choices, 'cell', token),
    ]),
    label(20, ROWS.choices + 19, 'muted small', 'the model’s own choice after'),
    label(20, ROWS.choices + 36, 'muted small', 'the token above each'),
  ];
}

function keptRow({ drafts, first, accepted, bonus }) {
  const y = ROWS.kept;
  return [
    ...rowTitle(y + 12, '3 Accepted', 'a draft stays while it equals', 'the choice one column before'),
    ...drafts.flatMap((token, i) => {
      const column = first + 1 + i;
      // From the choice to the draft it decides on, one column further.
      const path = `<path d="M${centreX(column - 1)},${ROWS.choices + 46}C${centreX(column - 1)},${y - 24} ${centreX(column)},${y - 44} ${centreX(column)},${y - 5}" class="line" stroke-width="1.5" marker-end="url(#head)"/>`;
      if (i > accepted) return [cell(column, y, 'gone', token)];
      return [path, cell(column, y, i < accepted ? 'kept' : 'gone', token), mark(column, y, i < accepted)];
    }),
    cell(first + 1 + accepted, y + 54, 'bonus', bonus),
    label(columnX(first + 2 + accepted), y + 74, 'ink', 'bonus token'),
    label(columnX(first + 2 + accepted), y + 92, 'muted small', 'the choice that no draft equals'),
    label(columnX(first + 1 + drafts.length), y + 19, 'bad', 'rolled back'),
    label(columnX(first + 1 + drafts.length), y + 36, 'muted small', 'its memory is dropped'),
  ];
}

const mark = (column, y, isRight) =>
  label(columnX(column) + CELL - 16, y + 15, isRight ? 'good' : 'bad', isRight ? '✓' : '✗');

function nextRow({ committed, pending, drafts, first, accepted, bonus, next }) {
  const y = ROWS.next;
  const kept = [...committed, pending, ...drafts.slice(0, accepted)];
  return [
    ...rowTitle(y + 14, '4 Next step', `${accepted + 1} tokens from one forward`, 'the bonus is pending'),
    ...kept.map((token, i) => cell(i, y, i <= first ? 'read' : 'kept', token)),
    cell(kept.length, y, 'pending', bonus),
    ...next.slice(0, 3).map((token, i) => cell(kept.length + 1 + i, y, 'draft', token)),
    label(
      centreX(kept.length - 1),
      y + 66,
      'muted small middle',
      `↑ heads 2 to ${drafts.length + 1} draft from this column`,
    ),
  ];
}
