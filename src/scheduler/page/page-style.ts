import { markup } from './html.ts';

/** The style sheet of the status page. It refers to nothing. */
export const PAGE_STYLE = markup`
:root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1d2329;--muted:#5c6670;--line:#dfe4e9;
--ok:#1a7040;--warn:#855400;--bad:#b3261e;--duration:#3f78b5;--size:#7b68ad;--idle:#a9b4c0}
@media (prefers-color-scheme:dark){:root{--back:#12161b;--card:#1a2027;--text:#dfe5eb;--muted:#98a4b0;--line:#2d353f;
--ok:#66c48c;--warn:#e0b15a;--bad:#f28b82;--duration:#6fa5dc;--size:#a493d6;--idle:#566370}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.25rem;background:var(--back);color:var(--text);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Ubuntu,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.35rem;margin:0}
h2{font-size:1rem;margin:0 0 .5rem}
h3{font-size:.95rem;margin:0}
article+article{margin-top:1rem}
p{margin:.25rem 0}
header p{color:var(--muted)}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;margin:.9rem 0}
.facts{display:flex;flex-wrap:wrap;gap:.6rem;margin:.9rem 0}
.facts div{flex:1 1 10rem;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.55rem .9rem}
dt{color:var(--muted);font-size:.8rem}
dd{margin:0;font-size:1.15rem;font-weight:600}
dd small,dd .muted{display:inline;font-size:.85rem;font-weight:400;color:var(--muted)}
.notice{border-left:4px solid var(--warn)}
.notice ul{margin:0;padding-left:1.1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.35rem 1rem .35rem 0;border-top:1px solid var(--line);overflow-wrap:break-word}
thead th{border-top:0;color:var(--muted);font-size:.8rem;font-weight:500;white-space:nowrap}
th[scope=row]{font-weight:600}
tbody tr:last-child>*{padding-bottom:0}
article tbody>tr>*{padding-top:.1rem;padding-bottom:.1rem;font-size:.93em}
.number{white-space:nowrap}
small{display:block;color:var(--muted);font-size:.8rem}
.muted{color:var(--muted)}
td .muted,.tree .muted{font-size:.9em}
time{white-space:nowrap}
.bad,.flag.bad{color:var(--bad)}
.flag{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .5rem;font-size:.75rem;font-weight:500;color:var(--muted);white-space:nowrap}
.flag.ok{color:var(--ok)}
.flag.warn{color:var(--warn)}
.clock{font-weight:400;color:var(--muted)}
code{font:.85em ui-monospace,"DejaVu Sans Mono",monospace;color:var(--muted)}
.span{display:block;width:100%;min-width:8rem;height:.7rem;margin-top:.25rem;background:var(--back);border-radius:3px}
.span .running{fill:var(--duration)}
.span .finished{fill:var(--idle)}
.span .failed,.plot .failed{fill:var(--bad)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1rem 2rem;margin-top:.6rem}
figure{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem;margin:0}
figcaption{font-weight:600;grid-column:1/-1}
figcaption .muted{font-weight:400;font-size:.8rem}
.plot{display:block;width:100%;height:auto;margin-top:.3rem}
.plot text{font-size:10px;fill:var(--muted)}
.plot line{stroke:var(--line)}
.plot .duration{fill:var(--duration)}
.plot .size{fill:var(--size)}
.key{display:inline-block;width:.7em;height:.7em;border-radius:2px}
.key.duration{background:var(--duration)}
.key.size{background:var(--size)}
.key.failed{background:var(--bad)}
.tree,.below{list-style:none;margin:0;padding:0}
.tree>li+li{margin-top:.4rem}
.below{border-left:2px solid var(--line);margin:.2rem 0 .2rem .5rem;padding-left:.9rem}
footer{color:var(--muted);font-size:.85rem}
@media (max-width:40rem){body{padding:.6rem}section{padding:.7rem}th,td{padding-right:.7rem}td{min-width:6rem}figure{grid-template-columns:1fr}}
`;
