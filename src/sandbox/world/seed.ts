/** The world of a seed. */

import { openDesk } from "./desk.ts";
import { createDice } from "./dice.ts";
import { makeFields } from "./fields.ts";
import { generateProject } from "./generate.ts";
import { makeMetadata } from "./metadata.ts";
import type { Site, World } from "./model.ts";
import { makeUsers } from "./people.ts";
import { cloudIds, type Place, places } from "./places.ts";
import { plans } from "./stories.ts";
import { addTutorial } from "./tutorial.ts";

const day_ms = 86_400_000;
/** Ids made here begin above those of most recorded answers, so that neither hides the other. */
const firstId = 20_100;
const counted = [
  "issue",
  "component",
  "version",
  "board",
  "sprint",
  "comment",
  "worklog",
  "history",
  "link",
  "remotelink",
];

/**
 * The people and the three sites, with their projects and a history of half a year told back from the midnight
 * before `now_ms`. The same seed gives the same world on the same day.
 */
export function seedWorld(seed: number, now_ms: number): World {
  const world: World = { users: makeUsers(), sites: {}, seq: 0 };
  const today_ms = Math.floor(now_ms / day_ms) * day_ms;
  for (const place of places) {
    const site = emptySite(place);
    world.sites[site.id] = site;
    addTutorial(world, site);
    for (const plan of plans[site.id] ?? []) {
      const project = generateProject(world, site, plan, seed, today_ms);
      if (plan.kind === "desk") openDesk(world, site, project, "1", createDice(seed, `${site.id}/desk`));
    }
  }
  return world;
}

function emptySite({ id, face, title }: Place): Site {
  const cloudId = cloudIds[id];
  return {
    id,
    face,
    ...(cloudId === undefined ? {} : { cloudId }),
    title,
    issues: {},
    projects: {},
    keys: {},
    counters: { ...Object.fromEntries(counted.map((kind) => [kind, firstId])), project: 10_300 },
    fields: makeFields(),
    filters: {},
    roles: {},
    boards: {},
    sprints: {},
    people: {},
    serviceDesks: {},
    requests: {},
    recorded: {},
    ...makeMetadata(),
  };
}
