// How the status page looks, in light and dark. Text keeps 4.5:1, signs and bars 3:1 against what is below them; no meaning hangs on
// colour alone.

export const STYLE = `
:root{color-scheme:light dark;--ground:#f4f6f8;--panel:#fff;--ink:#13222e;--muted:#51626f;--rule:#dce4ea;--good:#17724a;--warn:#a86a00;--bad:#b3261e;--none:#8c9aa5;
font:17px/1.55 system-ui,'Segoe UI',sans-serif;background:var(--ground);color:var(--ink)}
@media(prefers-color-scheme:dark){:root{--ground:#0a1117;--panel:#121c24;--ink:#e8eef3;--muted:#9db0be;--rule:#24323d;--good:#45b884;--warn:#f0b34d;--bad:#ff8a80;--none:#5f7280}}
*{box-sizing:border-box}body{margin:0 auto;max-width:46rem;padding:clamp(1.5rem,6vw,4.5rem) 1.25rem 3rem}
h1,h2,h3,p{margin:0}.site{color:var(--muted);font-weight:600;overflow-wrap:anywhere}
.state{display:flex;align-items:center;gap:.8rem;margin:.5rem 0 .6rem}
h1{font-size:clamp(2rem,1.4rem + 3vw,3.1rem);line-height:1.08;letter-spacing:-.03em;font-weight:700}
.sign{flex:none;width:2.4rem;height:2.4rem;border-radius:50%;background:var(--c);display:grid;place-items:center;color:var(--panel);font-weight:800;font-size:1.3rem}
.up{--c:var(--good)}.degraded{--c:var(--warn)}.down{--c:var(--bad)}.unknown{--c:var(--none)}
.up .sign::before{content:'✓'}.degraded .sign::before{content:'!'}.down .sign::before{content:'✕'}.unknown .sign::before{content:'…'}
header p:last-child{font-size:1.1rem}.as-of,.ends,.calm,article p,footer{color:var(--muted)}.as-of{white-space:nowrap}
section{margin-top:1.5rem;padding:1.25rem 1.4rem 1.35rem;background:var(--panel);border:1px solid var(--rule);border-radius:1rem}
header+main section:first-child{margin-top:2.25rem}
.head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.25rem 1rem}
h2{font-size:1.05rem;letter-spacing:-.01em}.figure{font-weight:700;font-size:1.25rem;font-variant-numeric:tabular-nums}.figure small{font-size:.85rem;font-weight:400;color:var(--muted)}
.bars{display:block;width:100%;height:3.4rem;margin:.9rem 0 .4rem}
rect.good{fill:var(--good)}rect.warn{fill:var(--warn)}rect.bad{fill:var(--bad)}rect.none{fill:var(--rule)}rect:hover{opacity:.75}
.ends{display:flex;justify-content:space-between;font-size:.85rem}
article{margin-top:.9rem;padding-left:.9rem;border-left:3px solid var(--rule)}article.on{border-color:var(--bad)}article.planned.on{border-color:var(--good)}
h3{font-size:1rem;font-weight:620}article p{font-size:.92rem;font-variant-numeric:tabular-nums}.calm{margin-top:.5rem}
footer{margin-top:1.5rem;font-size:.88rem}a{color:inherit;margin-left:.6rem}a:focus-visible{outline:3px solid var(--good);outline-offset:2px}
`
