/** A person of Jira in one shape on every flavor. */
export type Person = {
  /** `accountId` on Cloud; the user key on Data Center, or the name where there is no key. */
  readonly account_id: string;
  readonly name?: string;
  readonly display_name?: string;
  readonly email?: string;
  readonly avatar_url?: string;
  readonly time_zone?: string;
};

export function personOf(_json: unknown): Person | undefined {
  throw new Error("not built yet");
}
