/** The tables of the administrator's pages: they fold into cards where there is little room. */
import { type Html, html } from "../html.ts";

/** @param columns an empty name is a column of buttons */
export function tableOf(columns: readonly string[], rows: readonly Html[]): Html {
  return html`<table class="folds" role="table"><thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name === "" ? html`<span class="unseen">Action</span>` : name}</th>`)}</tr></thead><tbody role="rowgroup">${rows}</tbody></table>`;
}

export const cell = (label: string, value: unknown): Html =>
  html`<td role="cell" data-label="${label}">${value}</td>`;
