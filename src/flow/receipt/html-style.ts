/** The style of the page: light and dark, narrow and wide, on screen and on paper. */
export const style = `
:root{--ink:#1b2430;--dim:#5a6675;--paper:#fff;--line:#d8dee6;--band:#f4f6f9;--good:#1a7f37;--half:#9a6700;--bad:#b42318;--edge:#8592a3}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#9aa7b8;--paper:#12161c;--line:#2c3542;--band:#1a212b;--good:#4ac26b;--half:#d4a72c;--bad:#ff7b72;--edge:#6b7a8f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
.run,footer,time{color:var(--dim)}.run{margin:.2rem 0 1.2rem}
code,.run,time{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
td,dd,li,summary{overflow-wrap:anywhere}
.counts{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:0 0 1rem}
.counts li{border:1px solid var(--line);border-left:4px solid;border-radius:6px;padding:.4rem .8rem;background:var(--band)}
.good{border-left-color:var(--good)!important}.half{border-left-color:var(--half)!important}.bad{border-left-color:var(--bad)!important}
.tone{font-weight:600}.tone.good{color:var(--good)}.tone.half{color:var(--half)}.tone.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:.5rem 1.5rem;margin:0}
dt{color:var(--dim);font-size:.85em}dd{margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600;white-space:nowrap}tbody tr:nth-child(even){background:var(--band)}
details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}
ol{margin:.4rem 0 .6rem;padding-left:1.4rem}
svg{display:block;max-width:100%;height:auto}svg text{fill:var(--ink);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
svg .dim{fill:var(--dim)}svg line{stroke:var(--edge);stroke-width:1.2}svg rect{fill:var(--band);stroke:var(--line)}
svg .goes{stroke:var(--bad);stroke-dasharray:4 3}svg .first{stroke:var(--half)}
footer{margin-top:2.5rem;border-top:1px solid var(--line);font-size:.9em}
@media (max-width:42rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:flex;gap:.6rem;border:0;padding:.15rem .4rem}td::before{content:attr(data-label);color:var(--dim);flex:0 0 7.5rem}td.empty{display:none}}
@media print{:root{--ink:#000;--dim:#444;--paper:#fff;--line:#bbb;--band:#fff;--edge:#666}main{max-width:none;padding:0}section{break-inside:auto}tr,details{break-inside:avoid}details>ol{display:block}.wide{overflow:visible}}
`;
