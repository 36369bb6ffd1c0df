/** The service desk of a site: its request types, their forms, and the issues that are requests. */
import type { Dice } from "./dice.ts";
import type { JiraRecord, Project, Site, World } from "./model.ts";

type RequestType = readonly [
  id: string,
  name: string,
  issueType: string,
  groups: string,
  description: string,
  helpText: string,
];

const requestTypes: readonly RequestType[] = [
  [
    "1",
    "Get IT help",
    "10100",
    "1",
    "Help with your computer, your accounts or a program.",
    "Say what you wanted to do and what happened.",
  ],
  [
    "2",
    "Report a bug",
    "10101",
    "1",
    "Something that used to work and does not.",
    "The exact words of the message help most.",
  ],
  [
    "3",
    "Request access",
    "10100",
    "2",
    "Access to a system or a folder.",
    "Name the system and who approved it.",
  ],
  [
    "4",
    "Order equipment",
    "10100",
    "2",
    "A screen, a keyboard, a telephone.",
    "Orders are placed on Thursdays.",
  ],
];

const groups: Readonly<Record<string, string>> = { "1": "Help", "2": "Orders" };

const iconUrl = (size: string) => `{base}/rest/servicedeskapi/requesttype/icon?size=${size}`;

/** Makes the desk of a project and turns its issues into requests. */
export function openDesk(world: World, site: Site, project: Project, deskId: string, dice: Dice): void {
  site.serviceDesks[deskId] = {
    id: deskId,
    projectId: project.id,
    requestTypes: requestTypes.map(([id, name, issueTypeId, group, description, helpText]) => ({
      id,
      name,
      description,
      helpText,
      issueTypeId,
      serviceDeskId: deskId,
      portalId: deskId,
      groupIds: [group],
      icon: {
        id: `1050${id}`,
        _links: {
          iconUrls: Object.fromEntries(
            ["48x48", "24x24", "16x16", "32x32"].map((size) => [size, iconUrl(size)]),
          ),
        },
      },
    })),
    requestTypeFields: Object.fromEntries(requestTypes.map(([id]) => [id, formOf(site, id)])),
  };
  const users = Object.keys(world.users);
  for (const issue of Object.values(site.issues)) {
    if (issue.projectId !== project.id) continue;
    const fields = issue.raw.fields as JiraRecord;
    const typeId = String((fields.issuetype as JiraRecord).id);
    const fitting = requestTypes.filter((type) => type[2] === typeId);
    const type = dice.pick(fitting.length > 0 ? fitting : requestTypes);
    const reporter = dice.pick(users);
    fields.customfield_10500 = `${project.key.toLowerCase()}/${type[0]}`;
    site.requests[issue.id] = {
      issueId: issue.id,
      serviceDeskId: deskId,
      requestTypeId: type[0],
      reporter: requesterOf(world, fields) ?? reporter,
      internalComments: issue.comments.filter(() => dice.chance(20)).map((comment) => String(comment.id)),
      participants: dice.chance(20) ? [dice.pick(users)] : [],
    };
  }
}

/** The request type groups of every desk, by id. */
export function requestTypeGroups(): Array<{ id: string; name: string }> {
  return Object.entries(groups).map(([id, name]) => ({ id, name }));
}

function requesterOf(world: World, fields: JiraRecord): string | undefined {
  const reporter = fields.reporter as JiraRecord | null;
  return Object.values(world.users).find(
    (user) => user.name === reporter?.name || user.accountId === reporter?.accountId,
  )?.name;
}

function formOf(site: Site, typeId: string): JiraRecord[] {
  const field = (
    fieldId: string,
    name: string,
    required: boolean,
    validValues: JiraRecord[] = [],
  ): JiraRecord => ({
    fieldId,
    name,
    description: "",
    required,
    defaultValues: [],
    validValues,
    jiraSchema: site.fields[fieldId]?.schema ?? null,
    visible: true,
  });
  const form = [
    field("summary", "What do you need?", true),
    field("description", "Tell us more", typeId === "2"),
  ];
  if (typeId === "2") {
    const values = Object.values(site.priorities).map(({ id, name }) => ({
      value: id,
      label: name,
      children: [],
    }));
    form.push(field("priority", "How bad is it?", false, values as JiraRecord[]));
  }
  if (typeId === "4") form.push(field("duedate", "Until when?", false));
  return form;
}
