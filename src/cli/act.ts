import type { Context } from "./context.ts";

/** What one command does; a number is its exit code. */
export type Action = (context: Context, ...args: string[]) => Promise<number | undefined> | Promise<void>;

/** Wraps an action, loaded when it runs, into what the tree of commands calls. */
export type Act = (load: () => Promise<Action>) => (...given: unknown[]) => Promise<void>;
