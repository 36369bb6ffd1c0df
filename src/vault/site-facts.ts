/** The JSON of the column `site`. */
export type SiteFacts = {
  readonly deployment: "cloud" | "datacenter";
  readonly version?: string;
  /** Since when it was not there. */
  readonly gone_at?: number;
  /** The other address it gave itself, told once. */
  readonly says_url?: string;
};
