/** The page's only style sheet: light and dark, and what of it is printed. Arm colours are told apart by people who see few. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #16191d; --muted: #59626e; --line: #dde1e6; --accent: #0a5fb0; --warn: #a33b00;
  --mark: #cfe6ff; --mark-line: #0a5fb0; --muted-bar: #b9c0c9;
  --arm-0: #3c4650; --arm-1: #0069b4; --arm-2: #c94a00; --arm-3: #00805a; --arm-4: #ad4a86; --arm-5: #a87000; --arm-6: #5a49a0; --arm-7: #3a8fc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1c2126; --ink: #e8ebee; --muted: #a3adb8; --line: #333a42; --accent: #76b7f2; --warn: #ff9a62;
    --mark: #123a5e; --mark-line: #76b7f2; --muted-bar: #59626c;
    --arm-0: #c3cad2; --arm-1: #58adf0; --arm-2: #ff8b52; --arm-3: #38c796; --arm-4: #e38fc0; --arm-5: #ecb53c; --arm-6: #ab9bf0; --arm-7: #93d3fb;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 44px 0 12px; }
h3 { font-size: 16px; margin: 24px 0 2px; }
figure h3 { margin-top: 0; }
p { margin: 0 0 8px; max-width: 75ch; }
.verdict { font-size: 18px; }
.note, .meta, figcaption, caption { color: var(--muted); font-size: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 6px; }
th, td { padding: 8px 12px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); color: var(--muted); font-weight: 600; font-size: 13px; line-height: 1.3; vertical-align: bottom; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
thead th { max-width: 9.5em; }
.arm { display: flex; align-items: baseline; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 13em; }
figure tbody th { min-width: 0; }
.bad { color: var(--warn); font-weight: 600; }
.swatch { width: 26px; height: 12px; vertical-align: -1px; margin-right: 8px; flex: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); gap: 20px; align-items: start; }
figure { margin: 0; background: var(--panel); border-radius: 8px; padding: 18px 18px 14px; min-width: 0; }
figure .scroll > svg { display: block; width: 100%; min-width: 420px; height: auto; margin-top: 8px; }
figcaption { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin: 10px 0 0; padding: 0; font-size: 13px; }
.legend li { display: flex; align-items: center; overflow-wrap: anywhere; }
details { margin: 8px 0; }
figure details { margin: 10px 0 0; font-size: 14px; }
figure table { font-size: 13px; }
figure th, figure td { padding: 4px 8px; }
summary { cursor: pointer; color: var(--accent); overflow-wrap: anywhere; }
summary .what { color: var(--muted); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
pre { background: var(--panel); border-radius: 8px; padding: 14px 16px; margin: 8px 0; overflow-x: auto; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; tab-size: 2; }
.sample { white-space: pre-wrap; overflow-wrap: anywhere; }
.sample .prompt { color: var(--muted); }
mark { background: var(--mark); color: inherit; border-bottom: 2px solid var(--mark-line); padding: 1px 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14px; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
@media (max-width: 600px) { main { padding: 20px 14px 40px; } dl { grid-template-columns: 1fr; } dd { margin-bottom: 8px; } }
@media print {
  :root { --panel: #ffffff; }
  body { font-size: 12px; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 11px; }
  thead th { font-size: 10px; }
  th, td { padding: 4px 6px; }
  tbody th { min-width: 0; }
  figure, tr, pre { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  figure { border: 1px solid var(--line); }
  .charts { grid-template-columns: 1fr 1fr; }
  figure .scroll > svg { min-width: 0; }
  figure details { display: none; }
}
`.trim();
