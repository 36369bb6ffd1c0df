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

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/**
 * Reads a user as any flavor writes one (`accountId` or `key` and `name`), or as the identity API does
 * (`account_id`); `undefined` for what is not a person. Cloud keeps `key` and `name` as empty strings.
 */
export function personOf(json: unknown): Person | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const user = json as Readonly<Record<string, unknown>>;
  const identity = text(user.account_id);
  const account_id = identity ?? text(user.accountId) ?? text(user.key) ?? text(user.name);
  if (account_id === undefined) return undefined;
  const name = identity === undefined ? text(user.name) : text(user.nickname);
  const display_name = text(user.displayName) ?? (identity === undefined ? undefined : text(user.name));
  const email = text(user.emailAddress) ?? text(user.email);
  const avatar_url = largestAvatar(user.avatarUrls) ?? webUrl(user.picture);
  const time_zone = text(user.timeZone) ?? text(user.zoneinfo);
  return {
    account_id,
    ...(name === undefined ? {} : { name }),
    ...(display_name === undefined ? {} : { display_name }),
    ...(email === undefined ? {} : { email }),
    ...(avatar_url === undefined ? {} : { avatar_url }),
    ...(time_zone === undefined ? {} : { time_zone }),
  };
}

/** Avatars come by size, `"48x48": url`. */
function largestAvatar(urls: unknown): string | undefined {
  if (typeof urls !== "object" || urls === null) return undefined;
  const bySize = Object.entries(urls).sort(([a], [b]) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  return bySize.map(([, url]) => webUrl(url)).find((url) => url !== undefined);
}

/** What ends in a page must not be a `javascript:` URL, even from Jira. */
function webUrl(value: unknown): string | undefined {
  const url = text(value);
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}
