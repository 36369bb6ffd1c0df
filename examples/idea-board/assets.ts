// The look of the board, and the few lines that keep it live.
export const STYLE = `:root{--ink:#1f2a26;--soft:#5a6a63;--paper:#f4f6f1;--card:#fff;--line:#d9e0d8;--green:#1e6b4f;--green-soft:#dcefe5;
--amber:#8a5a00;--amber-soft:#fbedcf;--red:#9c2f20;--red-soft:#fbe4df}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;padding:.75rem clamp(1rem,3vw,2.5rem);background:var(--card);border-bottom:1px solid var(--line)}
.brand{display:flex;align-items:center;gap:.5rem;font-weight:700;font-size:1.15rem;color:inherit;text-decoration:none;min-height:44px}
.who{margin:0 0 0 auto;color:var(--soft)}main{max-width:76rem;margin:0 auto;padding:1.5rem clamp(1rem,3vw,2.5rem) 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.3rem 0 1rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:0 0 .6rem}h3{font-size:1rem;margin:0;line-height:1.35;overflow-wrap:anywhere}
a{color:var(--green)}.row{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem}.spread{justify-content:space-between}
button,.button{font:inherit;cursor:pointer;min-height:44px;padding:.5rem 1rem;border-radius:.5rem;border:1px solid var(--green);background:var(--green);color:#fff;font-weight:600;text-decoration:none;display:inline-flex;align-items:center}
.plain,.quiet{background:transparent;color:var(--green)}.quiet{border-color:var(--line);font-weight:500}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}.votes{gap:.35rem;background:transparent;color:var(--soft);border-color:var(--line);font-weight:600;padding:.3rem .7rem}
:focus-visible{outline:3px solid #69b592;outline-offset:2px}
.jira{background:var(--green-soft);border-radius:.75rem;padding:1.1rem 1.3rem;margin-bottom:1.5rem}.jira p{margin:.2rem 0 .8rem}
.bar{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1.5rem;padding:.6rem 1.3rem}.bar p{margin:.3rem 0}
.dot{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;background:var(--green);margin-right:.5rem}.dot.bad{background:var(--red);border-radius:0;transform:rotate(45deg)}
select,input,textarea{font:inherit;color:inherit;min-height:44px;padding:.5rem .7rem;border:1px solid #8b9a92;border-radius:.5rem;background:var(--card);max-width:100%}
.board{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:1rem;align-items:start}
.column{background:#e9eee7;border-radius:.75rem;padding:.9rem;display:grid;gap:.75rem}.column h2{margin:0}.count{color:var(--soft);font-weight:400}.empty{color:var(--soft);margin:0 0 .3rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1rem;display:grid;gap:.5rem}.card h3 a{color:inherit;text-decoration:none}.card h3 a:hover{text-decoration:underline}
.excerpt{margin:0;color:var(--soft);font-size:.93rem;overflow-wrap:anywhere}.issue{margin:0}.key{font-weight:600;white-space:nowrap}
.status{display:inline-block;border-radius:1rem;padding:.05rem .65rem;font-size:.88rem;background:#e5e9e6}.status.is-indeterminate{background:var(--amber-soft);color:#6b4600}.status.is-done{background:var(--green-soft);color:#11513a}
.small{font-size:.88rem;color:var(--soft)}.odd{color:var(--amber)}.problem{margin:0;padding:.5rem .7rem;background:var(--red-soft);color:#7a2015;border-radius:.4rem;font-size:.93rem;overflow-wrap:anywhere}
.new{margin-top:2rem;max-width:40rem}.fields{display:grid;gap:.4rem}.fields .button{justify-self:start;margin-top:.5rem}.one{display:grid;gap:1rem;max-width:40rem}
.door{max-width:40rem;margin:8vh auto}.doors{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.doors button{width:100%;background:var(--card);color:var(--ink);border-color:var(--line);flex-direction:column;align-items:flex-start;padding:1.2rem;font-weight:400}.doors span{color:var(--soft)}
@media(max-width:52rem){.board{grid-template-columns:minmax(0,1fr)}.who{margin-left:0}header form{margin-left:auto}}
@media(prefers-color-scheme:dark){:root{--ink:#e8eee9;--soft:#a9b8b0;--paper:#141a17;--card:#1e2622;--line:#35413b;--green:#8fd3b3;--green-soft:#1f3a2f;--amber:#eac271;--amber-soft:#4a3a12;--red:#f0a396;--red-soft:#4a221b}
button,.button{color:#10241b}.plain,.quiet,.votes,.doors button{color:var(--ink)}.column{background:#19201c}.status{background:#35413b}.status.is-indeterminate{color:#f6dfab}.status.is-done{color:#bfe6d3}.problem{color:#f7c6bd}}
`;

export const BULB = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><circle cx="14" cy="14" r="14" fill="#1e6b4f"/><path d="M14 5.5a6.2 6.2 0 0 0-3.6 11.3c.6.5 1 1.100 1 1.800h5.200c0-.7.4-1.300 1-1.800A6.200 6.200 0 0 0 14 5.500z" fill="#ffe9a8"/><path d="M11.600 20.300h4.800M12.300 22.300h3.400" stroke="#fff" stroke-width="1.300" stroke-linecap="round"/></svg>`;

/** Puts the board in the place of the old one when something has changed, unless somebody is typing on it. */
export const LIVE = `const source = new EventSource("/live");
source.addEventListener("message", async () => {
  const board = document.getElementById("board");
  if (board === null) return;
  const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const next = fresh.getElementById("board");
  if (next !== null) board.replaceWith(next);
});
`;
