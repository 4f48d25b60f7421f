/** The style of the page: light and dark, narrow and wide, on screen and on paper. */
export const style = `
:root{--ink:#1b2430;--dim:#56616f;--paper:#fff;--line:#d8dee6;--band:#f4f6f9;--link:#0b5cad;--good:#1a7f37;--half:#8a5c00;--bad:#b42318;--edge:#8592a3}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#9aa7b8;--paper:#12161c;--line:#2c3542;--band:#1a212b;--link:#7ab7ff;--good:#4ac26b;--half:#d4a72c;--bad:#ff7b72;--edge:#6b7a8f}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.2;margin:0}h2{font-size:1.15rem;margin:2.4rem 0 .6rem}
.run,.dim,footer,time{color:var(--dim)}.run{margin:.3rem 0 1.2rem}
code,.run,.id,.digest{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
time{font-variant-numeric:tabular-nums;white-space:nowrap}
a{color:var(--link)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:1.4rem 0 0;padding:.6rem 0;border-block:1px solid var(--line);font-size:.92em}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.counts{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:0}
.counts li{border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:6px;padding:.35rem .8rem;background:var(--band)}
.counts b{font-size:1.25rem;margin-right:.15rem}
.good{--tone:var(--good)}.half{--tone:var(--half)}.bad{--tone:var(--bad)}
.bar{display:flex;gap:2px;height:6px;margin:.8rem 0 1.3rem}.bar i{background:var(--tone);border-radius:3px;min-width:4px}
.tone{font-weight:600;color:var(--tone)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.6rem 1.5rem;margin:0}
dt{color:var(--dim);font-size:.85em}dd{margin:0}dd time{color:inherit}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600;white-space:nowrap}
td{overflow-wrap:break-word;max-width:30rem}
.id,.status,.short{white-space:nowrap}.status{font-weight:600;color:var(--tone)}
details{border-bottom:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}summary .tone{float:right}
.fold{border:0}.fold>summary{color:var(--link);padding:.2rem 0 .5rem}
ol{margin:.4rem 0 .6rem;padding-left:1.6rem}li::marker{color:var(--dim)}
figure{margin:0 0 1.2rem}figcaption{color:var(--dim);font-size:.9em;margin-bottom:.4rem}
svg{display:block}svg text{fill:var(--ink);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
svg .dim{fill:var(--dim)}svg line{stroke:var(--edge);stroke-width:1.3}svg rect{fill:var(--band);stroke:var(--line)}
svg .goes{stroke:var(--bad);stroke-dasharray:4 3}svg .first{stroke:var(--half);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.9em;margin:.2rem 0 .8rem;padding:0;list-style:none}.legend li{display:flex;align-items:center;gap:.5rem}
footer{margin-top:2.8rem;border-top:1px solid var(--line);padding-top:.4rem;font-size:.9em}
@media screen and (max-width:42rem){main{padding-top:1rem}thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:flex;gap:.6rem;border:0;padding:.15rem 0;max-width:none}td::before{content:attr(data-label);color:var(--dim);flex:0 0 7rem;font:400 .95em system-ui,sans-serif;white-space:normal}td.empty{display:none}.id,.status,.short{white-space:normal;overflow-wrap:anywhere}td time{white-space:normal}}
@media print{:root{--ink:#000;--dim:#444;--paper:#fff;--line:#bbb;--band:#fff;--link:#000;--edge:#666;--good:#155c29;--half:#6b4700;--bad:#8f1d14}body{font-size:9.5pt}main{max-width:none;padding:0}nav{display:none}h2{break-after:avoid;margin-top:1.4rem}tr,.counts,summary,li{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}svg{width:100%;height:auto}.bar i,.counts li{print-color-adjust:exact;-webkit-print-color-adjust:exact}summary{list-style:none}.fold>summary{color:var(--dim)}details::details-content{content-visibility:visible;block-size:auto}}
`;
