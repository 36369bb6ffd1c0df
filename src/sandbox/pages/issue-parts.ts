import type { Instance } from "../auth/instance.ts";
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { type Markup, markup } from "./markup.ts";
import { asRecord, nameOf, words } from "./words.ts";

/** What hangs on an issue besides its text: linked issues, attachments, work, properties, history; each if there is any. */
export function issueParts(issue: Issue, instance: Instance): Markup {
  const fields = asRecord(issue.raw.fields);
  return markup`${part("Linked issues", records(fields.issuelinks), (link) => linkedIssue(link, instance))}${part(
    "Attachments",
    records(fields.attachment),
    (file) => attachment(file, instance),
  )}${part("Work log", issue.worklogs, worklog)}${properties(issue)}${history(issue)}`;
}

function part(
  title: string,
  rows: readonly JiraRecord[],
  row: (one: JiraRecord) => Markup,
): Markup | undefined {
  if (rows.length === 0) return undefined;
  return markup`<h2>${title}</h2>
<section><ul class="plain">${rows.map(row)}</ul></section>
`;
}

function linkedIssue(link: JiraRecord, instance: Instance): Markup {
  const outward = link.outwardIssue !== undefined;
  const other = asRecord(outward ? link.outwardIssue : link.inwardIssue);
  const type = asRecord(link.type);
  const key = words(other.key);
  const said = words(outward ? type.outward : type.inward);
  return markup`<li><span class="soft">${said}</span> <a href="${instance.root}/browse/${encodeURIComponent(key)}">${key}</a> ${words(asRecord(other.fields).summary)}</li>`;
}

function attachment(file: JiraRecord, instance: Instance): Markup {
  const name = words(file.filename);
  const kept = /^\d+$/.test(words(file.id));
  const address = `${instance.root}/secure/attachment/${words(file.id)}/${encodeURIComponent(name)}`;
  const shown = kept ? markup`<a href="${address}">${name}</a>` : markup`${name}`;
  return markup`<li>${shown} <span class="soft">${sizeOf(file.size)}, ${nameOf(file.author)}, ${when(file.created)}</span></li>`;
}

function sizeOf(value: Json | undefined): string {
  const bytes = Number(value);
  if (!Number.isFinite(bytes)) return "";
  return bytes < 1024 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KB`;
}

function worklog(work: JiraRecord): Markup {
  const comment = words(work.comment);
  return markup`<li><strong>${words(work.timeSpent)}</strong> <span class="soft">${nameOf(work.author)}, ${when(work.started)}</span>${comment !== "" && markup`<p>${comment}</p>`}</li>`;
}

function properties({ properties: all }: Issue): Markup | undefined {
  const keys = Object.keys(all);
  if (keys.length === 0) return undefined;
  return markup`<h2>Properties</h2>
<section><ul class="plain">${keys.map(
    (key) => markup`<li><strong>${key}</strong><pre>${JSON.stringify(all[key], null, 2)}</pre></li>`,
  )}</ul></section>
`;
}

/** The latest change first. */
function history({ changelog }: Issue): Markup | undefined {
  const rows = [...changelog].reverse().flatMap((entry) =>
    records(entry.items).map(
      (
        item,
      ) => markup`<tr><td class="soft">${when(entry.created)}</td><td>${nameOf(entry.author) || "Anonymous"}</td>
<th scope="row">${words(item.field)}</th><td>${ends(item)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return undefined;
  return markup`<h2>History</h2>
<section><div class="scroll folds"><table id="history"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Change</th></tr></thead><tbody>${rows}</tbody></table></div></section>
`;
}

function ends(item: JiraRecord): Markup {
  const [from, to] = [
    words(item.fromString) || words(item.from),
    words(item.toString as unknown as Json) || words(item.to),
  ];
  return markup`${from === "" ? markup`<span class="soft">empty</span>` : markup`<del>${short(from)}</del>`} → ${
    to === "" ? markup`<span class="soft">empty</span>` : short(to)
  }`;
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A Jira timestamp to the minute. */
function when(value: Json | undefined): string {
  return words(value).slice(0, 16).replace("T", " ");
}

function records(value: Json | undefined): JiraRecord[] {
  return Array.isArray(value)
    ? value.filter((one): one is JiraRecord => one !== null && typeof one === "object" && !Array.isArray(one))
    : [];
}
