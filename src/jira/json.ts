/** JSON as Jira sent it: Jira's own documents, not ours. */
export type Json = Readonly<Record<string, unknown>>;
