/** The words the generated history is made of: projects and what goes on in them. */

export type ProjectPlan = {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly lead: string;
  readonly kind: "software" | "classic" | "desk";
  readonly size: number;
  readonly components: readonly string[];
  readonly versions: readonly string[];
  /** What issues are about. */
  readonly things: readonly string[];
};

const desk: ProjectPlan = {
  id: "10210",
  key: "HELP",
  name: "Help Desk",
  description: "Where colleagues ask for help with equipment, access and software.",
  lead: "admin",
  kind: "desk",
  size: 16,
  components: ["Accounts", "Equipment", "Network"],
  versions: [],
  things: [
    "the laptop",
    "the printer on floor 2",
    "the VPN",
    "my e-mail account",
    "the meeting room screen",
    "the badge reader",
  ],
};

/** The projects of each site beside the tutorial's. */
export const plans: Readonly<Record<string, readonly ProjectPlan[]>> = {
  acme: [
    {
      id: "10201",
      key: "ROCK",
      name: "Rocket Skates",
      description: "The next generation of rocket-powered footwear.",
      lead: "alana",
      kind: "software",
      size: 48,
      components: ["Boosters", "Straps", "Firmware", "Test track"],
      versions: ["1.0", "1.1", "2.0"],
      things: [
        "the left booster",
        "the heel strap",
        "the altitude sensor",
        "the braking curve",
        "the pairing screen",
        "the fuel gauge",
      ],
    },
    {
      id: "10202",
      key: "WEB",
      name: "Web Shop",
      description: "The catalogue and the checkout.",
      lead: "william",
      kind: "classic",
      size: 36,
      components: ["Catalogue", "Checkout", "Accounts"],
      versions: ["Spring", "Summer", "Autumn"],
      things: [
        "the basket",
        "the product page",
        "the search box",
        "the invoice",
        "the voucher form",
        "the newsletter link",
      ],
    },
    desk,
  ],
  globex: [
    {
      id: "10203",
      key: "SOLAR",
      name: "Solar Field",
      description: "Panels, inverters and what measures them.",
      lead: "maya",
      kind: "software",
      size: 44,
      components: ["Panels", "Inverters", "Telemetry"],
      versions: ["0.9", "1.0", "1.1"],
      things: [
        "the inverter log",
        "the panel map",
        "the forecast",
        "the night mode",
        "the alarm list",
        "the string voltage",
      ],
    },
    {
      id: "10204",
      key: "OPS",
      name: "Operations",
      description: "Keeping everything running.",
      lead: "tomas",
      kind: "classic",
      size: 30,
      components: ["Backups", "Monitoring", "Access"],
      versions: [],
      things: [
        "the nightly backup",
        "the certificate",
        "the dashboard",
        "the mail relay",
        "the access review",
        "the disk alert",
      ],
    },
    { ...desk, id: "10211", size: 12 },
  ],
  datacenter: [
    {
      id: "10205",
      key: "PLAT",
      name: "Platform",
      description: "Services that the other teams build on.",
      lead: "priya",
      kind: "software",
      size: 52,
      components: ["Gateway", "Storage", "Search", "Build"],
      versions: ["4.8", "4.9", "5.0"],
      things: [
        "the index",
        "the upload queue",
        "the token cache",
        "the build agent",
        "the audit log",
        "the health check",
      ],
    },
    {
      id: "10206",
      key: "MOB",
      name: "Mobile App",
      description: "The application for telephones.",
      lead: "william",
      kind: "classic",
      size: 38,
      components: ["Android", "iOS", "Notifications"],
      versions: ["2.3", "2.4"],
      things: [
        "the start screen",
        "the push message",
        "the offline list",
        "the camera dialog",
        "the settings page",
        "the widget",
      ],
    },
    { ...desk, id: "10212", size: 14 },
  ],
};

const upper = (text: string) => text[0]!.toUpperCase() + text.slice(1);

type Template = (thing: string, component: string) => string;

/** Summaries by issue type; what is not listed uses those of a task. */
export const summaries: Readonly<Record<string, readonly Template[]>> = {
  Bug: [
    (thing) => `${upper(thing)} stops responding after an hour`,
    (thing) => `${upper(thing)} shows yesterday's values`,
    (thing, component) => `${component}: error when ${thing} is opened twice`,
    (thing) => `Wrong time zone in ${thing}`,
    (thing) => `${upper(thing)} loses its settings after an update`,
    (thing, component) => `${component}: ${thing} is slow with many entries`,
  ],
  Story: [
    (thing) => `As a customer I can see the history of ${thing}`,
    (thing) => `As an administrator I can switch off ${thing}`,
    (thing) => `Remember what was chosen last in ${thing}`,
    (thing, component) => `${component}: show ${thing} on small screens`,
    (thing) => `Tell people when ${thing} has changed`,
  ],
  Task: [
    (thing) => `Write down how ${thing} works`,
    (thing, component) => `${component}: clean up ${thing}`,
    (thing) => `Measure how often ${thing} is used`,
    (thing) => `Replace the library behind ${thing}`,
    (thing) => `Add tests for ${thing}`,
  ],
  Epic: [(thing) => `Rework ${thing}`, (thing) => `Make ${thing} ready for the next release`],
  "Sub-task": [(thing) => `Review the change to ${thing}`, (thing) => `Translate the texts of ${thing}`],
  "IT Help": [(thing) => `Please help me with ${thing}`, (thing) => `I need access to ${thing}`],
  Fault: [
    (thing) => `${upper(thing)} does not work since this morning`,
    (thing) => `Cannot connect to ${thing}`,
  ],
};

export const descriptions: readonly Template[] = [
  (thing) => `Seen on Monday by two people. Steps:\n# Open ${thing}\n# Wait a minute\n# Look at the result`,
  (thing, component) =>
    `We talked about this in the *${component}* meeting. ${upper(thing)} should behave the same everywhere.`,
  (thing) => `Several customers asked for it. {{See the notes}} of last week about ${thing}.`,
  (thing) => `Nobody remembers why ${thing} is the way it is. Let us find out and change it.`,
  () => "",
];

/** Comments; `{person}` becomes a mention and `{key}` the key of another issue. */
export const remarks: readonly string[] = [
  "I can reproduce it. Looking into it now.",
  "{person} could you have a look, please?",
  "This is related to {key}.",
  "Fixed on the main branch, waiting for the next build.",
  "Not urgent, but it would be *nice* to have before the release.",
  "The customer says it works again.",
  "Moved to the next sprint as agreed with {person}.",
  "I added the log of this morning. The line with {{timeout}} is the interesting one.",
  "Tested on two machines, works for me.",
];

export const labels: readonly string[] = [
  "customer",
  "quick-win",
  "regression",
  "security",
  "documentation",
  "performance",
  "ux",
];
