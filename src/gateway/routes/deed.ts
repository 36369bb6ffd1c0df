/** What an administrator can do on the pages, and what to say before and after. */
export type Deed = {
  readonly title: string;
  readonly says: string;
  readonly also?: string;
  readonly button: string;
  readonly done: string;
  run(): Promise<void>;
};
