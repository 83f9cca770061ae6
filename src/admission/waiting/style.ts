// The looks of the waiting page: one calm card, large figures, dark and light by the visitor's wish, no motion at all. Every
// selector begins at the room, so that it fits into a page of the operator's own.

export const STYLE = `
#bw-room{--ink:#17202b;--soft:#5a6675;--line:#dfe4ea;--well:#f3f5f8;--card:#fff;--accent:#0b66c3;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:18px;max-width:34rem;margin:0 auto;padding:clamp(1.5rem,5vw,2.75rem);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;box-shadow:0 1px 2px #0f1e3210,0 18px 48px #0f1e3214;box-sizing:border-box}
#bw-room h1{font-size:clamp(1.4rem,4.5vw,1.85rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 1.5rem;font-weight:650}
#bw-room dl{display:grid;grid-template-columns:1fr 1fr;gap:1rem 1.5rem;margin:0 0 1.25rem}
#bw-room dl>div{display:flex;flex-direction:column;justify-content:space-between}
#bw-room dt,#bw-room .bw-label{color:var(--soft);font-size:.875rem}
#bw-room dd{margin:.1rem 0 0;font-size:1.35rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
#bw-room .bw-place{font-size:clamp(2.2rem,9vw,3.1rem);line-height:1.1;letter-spacing:-.02em;color:var(--accent)}
#bw-room .bw-clock{font-size:clamp(2.6rem,12vw,4rem);line-height:1.1;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em;color:var(--accent);margin:0 0 1.25rem}
#bw-room progress{appearance:none;display:block;width:100%;height:8px;border:0;border-radius:4px;overflow:hidden;background:var(--line);margin:0 0 1.5rem}
#bw-room progress::-webkit-progress-bar{background:var(--line)}
#bw-room progress::-webkit-progress-value{background:var(--accent);border-radius:4px}
#bw-room progress::-moz-progress-bar{background:var(--accent);border-radius:4px}
#bw-room p{margin:0 0 .75rem}
#bw-room .bw-soft{color:var(--soft);font-size:.9375rem}
#bw-room .bw-note{border-left:4px solid var(--accent);padding:.35rem 0 .35rem .85rem;margin:0 0 1.25rem}
#bw-room code{display:block;font-size:.72rem;line-height:1.5;overflow-wrap:anywhere;background:var(--well);border-radius:8px;padding:.5rem .7rem;margin-top:.35rem}
#bw-room>p:last-of-type,#bw-room>form:last-of-type{margin-bottom:0}
#bw-room input:not([type=hidden]){font:inherit;color:inherit;background:transparent;border:1px solid var(--soft);border-radius:10px;padding:.65rem .8rem;width:100%;box-sizing:border-box;margin:.35rem 0 .9rem}
#bw-room button{font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;border-radius:10px;padding:.7rem 1.3rem;cursor:pointer;min-height:44px}
#bw-room :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
#bw-room .bw-live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
#bw-room [hidden]{display:none}
@media (prefers-color-scheme:dark){#bw-room{--ink:#e9eef4;--soft:#a3afbd;--line:#2c3745;--well:#0f151d;--card:#161d26;--accent:#6db3ff;box-shadow:none}#bw-room button{color:#0c1520}}
@media (max-width:26rem){#bw-room dl{grid-template-columns:1fr}}
`

/** Around the room, on the page of its own. */
export const PAGE_STYLE = `
html{color-scheme:light dark;background:#f3f5f8}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;box-sizing:border-box}
main{width:100%}
@media (prefers-color-scheme:dark){html{background:#0d1218}}
`
