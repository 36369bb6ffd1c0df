/** Where a sealed value stands; all of it is associated data, so that a value moved elsewhere does not open. */
export type Place = {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  /** Empty for rows that belong to the operator. */
  readonly owner: string;
  readonly generation: number;
};
