/** How the page of an evaluation looks, on a screen and on paper. */
export const style = `
:root { --ink: #22301f; --soft: #6b7566; --line: #e3e6dc; --paper: #fff; --ground: #f6f6f0; --leaf: #4a7c2f; --pit: #a4552a; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 72px; }
.kicker { margin: 0; color: var(--leaf); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: 12px; }
h1 { margin: 4px 0 20px; font-size: 34px; line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 0 0 4px; font-size: 21px; letter-spacing: -.01em; }
section { margin-top: 40px; }
.note { margin: 4px 0 16px; color: var(--soft); max-width: 78ch; }
.facts { display: flex; flex-wrap: wrap; gap: 10px 36px; margin: 0; }
.facts dt { color: var(--soft); font-size: 12px; }
.facts dd { margin: 0; font-weight: 500; overflow-wrap: anywhere; }
.warning { margin: 24px 0 0; padding: 12px 16px; border-left: 3px solid var(--pit); background: #fbf1e9; border-radius: 0 8px 8px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 16px; }
.tile { display: flex; flex-direction: column; padding: 18px 20px; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
.tile b { font-size: 36px; line-height: 1.1; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile:first-child b { color: var(--leaf); }
.tile span { margin-top: 6px; font-weight: 500; }
.tile small { color: var(--soft); }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; border-spacing: 0; overflow: hidden; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 20px; text-align: right; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; }
th:first-child { text-align: left; }
tbody tr:first-child { font-weight: 600; }
tbody th { font-weight: inherit; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 16px; }
figure { margin: 0; }
.plots figure { padding: 8px; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
.plots svg { display: block; width: 100%; height: auto; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(196px, 1fr)); gap: 16px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.card img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; }
.card figcaption { display: flex; flex-direction: column; padding: 10px 14px 14px; }
table + .note { margin-top: 10px; }
.card span { font-size: 14px; }
.card b { color: var(--leaf); }
.card.long b { color: var(--pit); }
.card small { margin-top: 4px; color: var(--soft); line-height: 1.4; overflow-wrap: anywhere; }
@media (max-width: 520px) { .plots { grid-template-columns: 1fr; } h1 { font-size: 27px; } th, td { padding: 8px 10px; } }
@media print { body { background: #fff; } main { padding: 0; max-width: none; } .tile, .card, .plots figure { break-inside: avoid; } }
`;
