import type { Gates } from "./gates.ts";
import type { Bucket, Quota, Reach } from "./limits.ts";

/** What is left at a site, as Jira last told it and as far as it told it. */
export type Standing = {
  /** Nothing is closed. */
  readonly open: boolean;
  readonly closed: readonly {
    readonly reach: Reach;
    /** Method and path template, where one resource is closed. */
    readonly endpoint?: string;
    /** Jira's own name of the limit. */
    readonly reason?: string;
    readonly retry_after_s: number;
  }[];
  readonly quotas: readonly (Omit<Quota, "resets_at"> & { readonly resets_in_s?: number })[];
  /** Data Center's bucket, reckoned to this moment. */
  readonly bucket?: Bucket;
  /** Calls that wait for their turn in this process. */
  readonly waiting: { readonly interactive: number; readonly bulk: number };
};

type About = {
  readonly site: string;
  readonly app: string | undefined;
  readonly now: number;
  readonly waiting: Standing["waiting"];
};

export function standingOf(gates: Gates, { site, app, now, waiting }: About): Standing {
  const closed = gates.closedNow(now).flatMap(({ key, until, reason }) => {
    const [reach, about, ...rest] = key.split(" ");
    const ours = about === site || (reach === "app" && about === app);
    if (!ours) return [];
    return [
      {
        reach: reach as Reach,
        ...(reach === "endpoint" ? { endpoint: rest.join(" ") } : {}),
        ...(reason === undefined ? {} : { reason }),
        retry_after_s: Math.ceil((until - now) / 1000),
      },
    ];
  });
  const quotas = [`site ${site}`, `app ${app ?? ""}`].flatMap((key) => gates.quotasNow(now).get(key) ?? []);
  const bucket = gates.bucketOf(site, now);
  return {
    open: closed.length === 0,
    closed,
    quotas: quotas.map(({ resets_at, ...quota }) => ({
      ...quota,
      ...(resets_at === undefined ? {} : { resets_in_s: Math.max(0, Math.ceil((resets_at - now) / 1000)) }),
    })),
    ...(bucket ? { bucket } : {}),
    waiting,
  };
}
