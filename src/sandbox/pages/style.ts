import { createHash } from "node:crypto";

/** The one style sheet of the sandbox: blue-grey and plain, so that it is nobody's product. */
export const style = `
:root{color-scheme:light dark;--ink:#1d2733;--soft:#4d5b6a;--page:#e9edf2;--card:#fff;--line:#b9c4d0;--bar:#3f5468;--act:#2f5d86;--no:#7a3b3b;--note:#dfe7ef}
@media (prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#aab7c4;--page:#18202a;--card:#222d39;--line:#435365;--bar:#31455a;--act:#8fbbe3;--no:#e6a3a3;--note:#2b3947}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{background:var(--bar);color:#fff;padding:.75rem 1rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:baseline}
header strong{font-size:1.05rem}
header a,header button{color:#fff}
header span{opacity:.92}
header form{margin:0 0 0 auto;padding:0;border:0;background:none}
header button{background:none;border:1px solid #fff;min-height:2.75rem}
main{max-width:46rem;margin:1.5rem auto;padding:0 1rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 1rem}
h2{font-size:1.1rem;margin:1.75rem 0 .5rem}
a{color:var(--act)}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.25rem;margin:0 0 1rem}
section>h2:first-child,section>:first-child,section>form:first-child>label:first-of-type{margin-top:0}
section>:last-child{margin-bottom:0}
label{display:block;font-weight:600;margin:.9rem 0 .25rem}
label.tick{font-weight:400;display:flex;gap:.6rem;align-items:center;min-height:2.75rem;margin:0}
input[type=text],input[type=password],select,textarea{width:100%;min-height:2.75rem;padding:.5rem .6rem;font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:.35rem}
textarea{min-height:9rem;font-family:ui-monospace,monospace;font-size:.9rem}
button{white-space:nowrap;min-height:2.75rem;padding:.4rem 1.1rem;font:inherit;border-radius:.35rem;border:1px solid var(--act);background:transparent;color:var(--act);cursor:pointer}
button.main{background:#2f5d86;border-color:#2f5d86;color:#fff;font-weight:600}
button.no{border-color:var(--no);color:var(--no)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.row{display:flex;align-items:center;flex-wrap:wrap;gap:.75rem;margin-top:1.25rem}
.note{background:var(--note);border-left:.3rem solid var(--bar);padding:.6rem .9rem;margin:0 0 1rem;border-radius:.25rem}
.soft{color:var(--soft)}
code,pre{font-family:ui-monospace,monospace;font-size:.9rem}
code.big{font-size:1.4rem;letter-spacing:.12em}
pre{white-space:pre-wrap}
dt{font-weight:600;margin-top:.6rem}
dd{margin:0}
.scroll{overflow-x:auto}
.scroll table{min-width:34rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.5rem .6rem .5rem 0;border-bottom:1px solid var(--line)}
td form{margin:0}
.folds{overflow-x:visible}
@media (max-width:40rem){
.folds table{min-width:0}
.folds thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.folds tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}
.folds th[scope=row],.folds td{display:block;border:0;padding:.1rem 0}
.folds tr:last-child{border-bottom:0}
.folds td form{margin-top:.4rem}
}
ul.plain{list-style:none;padding:0;margin:0}
section dl>:first-child,section dl{margin-top:0}
ul.plain li{padding:.5rem 0;border-bottom:1px solid var(--line)}
ul.plain li:first-child{padding-top:0}
ul.plain li:last-child{border-bottom:0;padding-bottom:0}
ul.plain li>:last-child{margin-bottom:0}
#history th{white-space:nowrap}
`;

/** The style sheet's hash, the only inline style the pages' policy lets through. */
export const styleHash = `'sha256-${createHash("sha256").update(style, "utf8").digest("base64")}'`;
