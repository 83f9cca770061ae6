// How pages with charts look. Text keeps 4.5:1 against what is below it, lines and areas 3:1, in both schemes.

const COLOURS = ['store', 'stale', 'collapsed', 'origin', 'shed', 'failed', 'other', 'ink', 'good', 'warn', 'bad']

const LIGHT = `--ground:#eef2f5;--panel:#fff;--ink:#13222e;--muted:#51626f;--grid:#dce4ea;--good:#17724a;--warn:#8f5a00;--bad:#b3261e;
--store:#1478a8;--stale:#5795b8;--collapsed:#12877a;--origin:#bd6b00;--shed:#7a4cc4;--failed:#c62f28;--other:#7f8d99`
const DARK = `--ground:#0a1117;--panel:#121c24;--ink:#e8eef3;--muted:#9db0be;--grid:#24323d;--good:#5ccb95;--warn:#f0b34d;--bad:#ff8a80;
--store:#3fa9da;--stale:#8fcbe6;--collapsed:#3dc0ac;--origin:#eda53a;--shed:#ab8cf0;--failed:#f26a60;--other:#7e8f9c`

export const STYLE = `
:root{color-scheme:light dark;${LIGHT};font:16px/1.5 system-ui,'Segoe UI',sans-serif;background:var(--ground);color:var(--ink)}
@media (prefers-color-scheme:dark){:root{${DARK}}}
${COLOURS.map(name => `.${name}{--c:var(--${name})}`).join('')}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:clamp(1rem,3vw,3rem) clamp(.75rem,2vw,2rem) 4rem}
h1,h2,h3,p,dl,dd,figure,ul{margin:0;padding:0}ul{list-style:none}
h1{font-size:clamp(1.5rem,1.1rem + 1.6vw,2.25rem);line-height:1.15;letter-spacing:-.02em;font-weight:680;overflow-wrap:anywhere}
header p{margin-top:.6rem;max-width:46rem;color:var(--muted);font-size:1.05rem}
h2{margin:2.75rem 0 .9rem;font-size:1.2rem;letter-spacing:-.01em}
h2+.prose{margin:-.6rem 0 .9rem}section>p{max-width:46rem}section>p+p{margin-top:.5rem}.prose,figcaption p{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;margin-top:1.75rem;background:var(--grid);border-radius:.75rem;overflow:hidden;border:1px solid var(--grid)}
.tiles div{background:var(--panel);padding:1rem 1.1rem}dt{color:var(--muted);font-size:.85rem}
dd{font-size:1.7rem;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
dd small{display:block;font-size:.85rem;font-weight:400;letter-spacing:0;color:var(--muted)}
.tiles .good dd{color:var(--good)}.tiles .bad dd{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:1rem}
figure{background:var(--panel);border:1px solid var(--grid);border-radius:.75rem;padding:1rem 1.1rem .9rem;min-width:0}
.charts .wide,.charts>div:last-child:nth-child(odd){grid-column:1/-1}.charts>div{display:grid;min-width:0}h3{font-size:1rem;font-weight:620}figcaption p{font-size:.85rem}
.plot{display:grid;grid-template:9.5rem 1.3rem/auto 1fr;margin-top:.9rem;column-gap:.5rem}
.ys{position:relative;width:3.4rem;font-size:.75rem;color:var(--muted);text-align:right;font-variant-numeric:tabular-nums}
.ys span{position:absolute;right:0;transform:translateY(-50%);white-space:nowrap}
.inside{position:relative;overflow:hidden}.inside i{position:absolute;left:0;right:0;border-top:1px solid var(--grid);margin-top:-.5px}
.inside>b{position:absolute;top:0;bottom:0;min-width:2px;background:var(--c);opacity:.13}
.inside svg{position:absolute;inset:0;width:100%;height:100%}
.line{fill:none;stroke:var(--c);stroke-width:1.75;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}
.line.dashed{stroke-dasharray:5 4;stroke-width:1.4}.below{fill:var(--c);opacity:.16}.stack{fill:var(--c)}
.xs{position:relative;grid-column:2;height:1.3rem;font-size:.75rem;color:var(--muted);font-variant-numeric:tabular-nums}
.xs span{position:absolute;top:.25rem;transform:translateX(-50%);white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin-top:.75rem;font-size:.85rem;color:var(--muted)}
.legend b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.swatch{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem;border-radius:.2rem;background:var(--c);vertical-align:-.08rem}
.swatch.dashed{height:0;background:none;border-top:2px dashed var(--c);border-radius:0;vertical-align:.25rem}
.time-line ul{margin-top:.8rem}.time-line li{display:grid;grid-template-columns:9rem 1fr;align-items:center;font-size:.85rem;padding:.15rem 0}
.time-line li div{position:relative;height:.9rem;background:var(--grid);border-radius:.25rem;overflow:hidden}
.time-line li b{position:absolute;top:0;bottom:0;background:var(--c);border-radius:.2rem}.time-line .xs{margin-left:9rem}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--grid);border-radius:.75rem;padding:.3rem 1.1rem}
figure+.scroll{margin-top:1rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.5rem 1rem .5rem 0;border-bottom:1px solid var(--grid)}
tr:last-child td{border:0}th{font-weight:600;color:var(--muted);white-space:nowrap}.number{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:48rem){.tiles{grid-template-columns:1fr 1fr}}
@media (max-width:34rem){.time-line li{grid-template-columns:6rem 1fr;overflow-wrap:anywhere}.time-line .xs{margin-left:6rem}.plot{grid-template-rows:8rem 1.3rem}}
@media print{:root{${LIGHT};background:none}body{max-width:none;padding:0}figure,.scroll,.tiles div{break-inside:avoid}*{print-color-adjust:exact}}`
