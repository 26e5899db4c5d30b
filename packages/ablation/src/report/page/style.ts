/** The page's only style sheet: light and dark, and what of it is printed. Arm colours are told apart by people who see few. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #16191d; --muted: #59626e; --line: #dde1e6; --accent: #0a5fb0; --warn: #a33b00; --good: #00694a;
  --mark: #cfe6ff; --mark-line: #0a5fb0; --muted-bar: #b9c0c9;
  --arm-0: #3c4650; --arm-1: #0069b4; --arm-2: #c94a00; --arm-3: #00805a; --arm-4: #ad4a86; --arm-5: #a87000; --arm-6: #5a49a0; --arm-7: #3a8fc4;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1c2126; --ink: #e8ebee; --muted: #a3adb8; --line: #333a42; --accent: #76b7f2; --warn: #ff9a62; --good: #4fd6a5;
    --mark: #123a5e; --mark-line: #76b7f2; --muted-bar: #59626c;
    --arm-0: #c3cad2; --arm-1: #58adf0; --arm-2: #ff8b52; --arm-3: #38c796; --arm-4: #e38fc0; --arm-5: #ecb53c; --arm-6: #ab9bf0; --arm-7: #93d3fb;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 44px 0 12px; }
h3 { font-size: 16px; margin: 24px 0 2px; }
figure h3 { margin-top: 0; }
p { margin: 0 0 8px; max-width: 75ch; }
.verdict { font-size: 18px; }
.note, .meta, figcaption, caption { color: var(--muted); font-size: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 6px; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(75ch, 86vw); }
.sentences { margin: 16px 0; padding-left: 20px; max-width: 90ch; }
th, td { padding: 7px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); color: var(--muted); font-weight: 600; font-size: 13px; line-height: 1.3; vertical-align: bottom; }
th.number, td { text-align: right; }
td { white-space: nowrap; }
td.text { text-align: left; white-space: normal; }
thead th { max-width: 8.5em; }
thead button { font: inherit; color: inherit; text-align: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
thead button:hover, thead [aria-sort=ascending] button, thead [aria-sort=descending] button { color: var(--accent); }
thead [aria-sort=ascending] button::after { content: " ▲"; }
thead [aria-sort=descending] button::after { content: " ▼"; }
.arm { display: flex; align-items: baseline; }
.arm a { color: inherit; text-decoration: underline; text-decoration-color: var(--muted-bar); text-underline-offset: 3px; }
.difference { display: flex; justify-content: flex-end; align-items: center; gap: 10px; }
.forest { flex: none; overflow: visible; fill: none; stroke: var(--muted); stroke-width: 1.5; }
.forest.axis { display: block; margin: 4px 0 0 auto; }
.forest text { fill: var(--muted); stroke: none; font-size: 12px; font-weight: normal; }
.forest .zero { stroke: var(--muted-bar); stroke-width: 1; }
.forest circle { fill: var(--page); }
.forest .good { fill: var(--good); stroke: var(--good); }
.forest .bad { fill: var(--warn); stroke: var(--warn); }
.verdict-word { display: inline-block; min-width: 12em; }
.verdict-word small { display: block; font-size: 0.86em; color: var(--muted); }
#verdict-table tbody th, #verdict-table thead th:first-child { position: sticky; left: 0; background: var(--page); }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 10px 0 0; color: var(--muted); font-size: 13px; }
.actions button { font: inherit; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 4px; padding: 1px 8px; cursor: pointer; }
.actions button:hover { border-color: currentColor; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 11em; }
figure tbody th { min-width: 0; }
.bad { color: var(--warn); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.swatch { width: 26px; height: 12px; vertical-align: -1px; margin-right: 8px; flex: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); gap: 20px; align-items: start; }
figure { margin: 0; background: var(--panel); border-radius: 8px; padding: 18px 18px 14px; min-width: 0; }
figure .scroll > svg { display: block; width: 100%; min-width: 420px; height: auto; margin-top: 8px; }
figcaption { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin: 10px 0 0; padding: 0; font-size: 13px; }
.legend li, .legend button { display: flex; align-items: center; overflow-wrap: anywhere; }
.legend button { font: inherit; color: inherit; text-align: left; background: none; border: 0; padding: 0 4px 0 0; border-radius: 4px; cursor: pointer; }
.legend button:hover, .legend button[aria-pressed=true] { color: var(--accent); background: var(--page); }
@media screen { .faded { opacity: 0.1; } .mark-area .faded { opacity: 0.02; } }
details { margin: 8px 0; }
figure details { margin: 10px 0 0; font-size: 14px; }
figure table { font-size: 13px; }
figure th, figure td { padding: 4px 8px; }
summary { cursor: pointer; color: var(--accent); overflow-wrap: anywhere; }
summary .what { color: var(--muted); }
a:focus-visible, button:focus-visible, dl:focus-visible, summary:focus-visible, .scroll:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
pre { background: var(--panel); border-radius: 8px; padding: 14px 16px; margin: 8px 0; overflow-x: auto; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; tab-size: 2; }
.sample { white-space: pre-wrap; overflow-wrap: anywhere; }
.sample .prompt { color: var(--muted); }
mark { background: var(--mark); color: inherit; border-bottom: 2px solid var(--mark-line); padding: 1px 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14px; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
@media (max-width: 600px) { th, td { padding: 7px 5px; } tbody th { min-width: 9em; } .swatch { width: 18px; margin-right: 5px; } .difference { gap: 4px; } main { padding: 20px 14px 40px; } dl { grid-template-columns: 1fr; } dd { margin-bottom: 8px; } }
@media print {
  :root { --panel: #ffffff; }
  @page { size: A4 landscape; margin: 12mm; }
  body, .verdict { font-size: 12px; }
  h1 { font-size: 22px; }
  h2 { font-size: 15px; margin: 20px 0 8px; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 11px; }
  thead th { font-size: 10px; }
  th, td { padding: 4px 6px; }
  tbody th { min-width: 9em; }
  .forest.axis text { font-size: 9px; }
  .note, .meta, figcaption, caption, .legend { font-size: 11px; }
  figure, tr, pre { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  figure { border: 1px solid var(--line); }
  .charts { grid-template-columns: 1fr 1fr; }
  figure .scroll > svg { min-width: 0; }
  .actions, figure details { display: none; }
}
`.trim();
