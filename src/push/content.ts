import type { LinkRow } from "../store/index.ts";
import type { Difference, Idea, PublicComment, PushParts } from "./model.ts";

/** What is sealed in a link's row: texts of people. */
export type Content = {
  readonly idea: Idea;
  readonly summary?: string;
  readonly assignee?: string;
  readonly differs?: readonly Difference[];
  /** Keys of further issues that carry the same idea. */
  readonly duplicates?: readonly string[];
  readonly comments?: readonly PublicComment[];
};

type Sealer = Pick<PushParts, "vault">;
type Named = Pick<LinkRow, "id" | "owner">;

const placeOf = ({ id, owner }: Named, generation: number) => ({
  ...{ table: "links", column: "sealed_content", row: id, owner, generation },
});

/** @throws vault_unreadable */
export function openContent({ vault }: Sealer, row: LinkRow): Content | undefined {
  if (row.sealed_content === null) return undefined;
  return JSON.parse(vault.open(placeOf(row, row.generation), row.sealed_content).reveal()) as Content;
}

export function sealedContent(
  { vault }: Sealer,
  row: Named & Pick<LinkRow, "generation">,
  content: Content,
): Pick<LinkRow, "sealed_content" | "generation"> {
  const generation = row.generation + 1;
  return { sealed_content: vault.seal(placeOf(row, generation), JSON.stringify(content)), generation };
}
