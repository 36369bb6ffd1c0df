/**
 * What kind of thing a field of a Jira answer is, judged by its name, its schema and what its object is. A field
 * that fits no rule is `text`, which leaves by default in no form; so a rule that is missing loses, and never leaks.
 */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

/** Exact names, whatever object they are in. */
const BY_NAME: Readonly<Record<string, string>> = {
  ...named(
    "accountId",
    "accountId userAccountId leadAccountId authorAccountId ownerAccountId lastUpdateAuthorAAID accountIds memberAccountIds creatorAccountId",
  ),
  ...named("email", "email emailAddress"),
  ...named("displayName", "displayName publicName"),
  ...named("userName", "username userName leadUserName authorName"),
  ...named("userKey", "authorKey userKey"),
  ...named("timeZone", "timeZone locale"),
  ...named("cursor", "nextPageToken cursor nextPageCursor endingBefore startingAfter nextToken"),
  ...named(
    "jql",
    "jql query jqlFilter queryStrings initialQuery sanitizedQuery convertedQuery originalQuery conditionValue",
  ),
  ...named("fileName", "filename fileName abbreviatedName path"),
  ...named("mime", "mimeType mediaType"),
  ...named("html", "renderedBody html keyHtml renderedValue"),
  ...named("duration", "timeSpent originalEstimate remainingEstimate"),
  ...named("color", "color statusColor colorName"),
  ...named("version", "version platformVersion buildNumber"),
  ...named(
    "date",
    "created updated lastModified writtenAt dateTime iso8601 jira date userReleaseDate userStartDate",
  ),
  ...named("icon", "iconUrl url16x16 avatarURI imageUri 16x16 24x24 32x32 48x48"),
  ...named(
    "link",
    "self nextPage next prev base searchUrl viewUrl jiraRest web content thumbnail autoCompleteUrl view",
  ),
  ...named(
    "message",
    "errorMessages errorMessage errors warnings warningMessages message error validationWarnings",
  ),
  ...named("url", "url uri href link baseUrl displayUrl avatarUrl avatar fileUrl"),
  ...named(
    "code",
    "fieldId fieldtype custom system searcherKey customFieldId ruleKey moduleKey clauseNames renderer",
  ),
  ...named(
    "enum",
    "type accountType projectTypeKey style deploymentType operations simplified emailAddressStatus",
  ),
  ...named("group", "groups defaultGroups groupName recipient parameter"),
  ...named("label", "statusName transitionName fieldName inward outward translatedName rawName workflow"),
  ...named("option", "labels"),
  ...named("title", "projectName parentName"),
};

/** What the `name` of an object is, by the name of its schema or of the field that holds it. */
const NAMED_AS: readonly (readonly [RegExp, string])[] = [
  [/group|role|organi[sz]ation|team/i, "group"],
  [/option|version|component|label/i, "option"],
  [
    /status|priorit|resolution|issue_?type|transition|linktype|fieldbean|fielddetails|^p\.field$|permission|event|statuscategor/i,
    "label",
  ],
];

function named(kind: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, kind]));
}

/** Fields that only people have; an object with two of them is a person. */
const OF_PEOPLE = ["accountId", "emailAddress", "displayName", "avatarUrls", "timeZone", "accountType"];

export function isPerson(names: readonly string[]): boolean {
  if (names.includes("accountId") && names.length <= 4) return true;
  return (
    (names.includes("accountId") || names.includes("emailAddress") || names.includes("active")) &&
    names.filter((name) => OF_PEOPLE.includes(name)).length >= 2
  );
}

/** The kind of a field inside an object that is a person. */
const IN_PERSON: Readonly<Record<string, string>> = {
  self: "personLink",
  url: "personLink",
  web: "personLink",
  jiraRest: "personLink",
  name: "userName",
  key: "userKey",
  id: "accountId",
  html: "html",
  value: "displayName",
  title: "displayName",
  avatarUrl: "avatar",
  avatarURI: "avatar",
  avatar: "avatar",
  "16x16": "avatar",
  "24x24": "avatar",
  "32x32": "avatar",
  "48x48": "avatar",
};

/** @param owner Where the field stands: the schema's name and the names above it. */
export function kindOf(owner: string, name: string, schema: Schema, person: boolean): string | undefined {
  const exact = person ? (IN_PERSON[name] ?? BY_NAME[name]) : BY_NAME[name];
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") {
    return /(user|author|owner|creator|lead)Id$/i.test(name) ? "accountId" : "number";
  }
  if (schema.type !== undefined && schema.type !== "string") return undefined;
  if (schema.type === undefined && schema.enum === undefined) {
    return /^(body|comment|description|environment)$/.test(name) ? "rich" : undefined;
  }
  if (person && exact !== undefined) return exact;
  if (schema.enum !== undefined) return "enum";
  if (schema.format === "date-time" || schema.format === "date") return "date";
  if (exact !== undefined) return exact;
  if (name === "id" || /(^|[a-z])Ids?$/.test(name) || schema.format === "uuid" || name === "uuid")
    return "id";
  if (name === "key" || /(^|[a-z])Keys?$/.test(name)) return "key";
  if (name === "name") return NAMED_AS.find(([pattern]) => pattern.test(owner))?.[1] ?? "title";
  if (name === "value" && /option/i.test(owner)) return "option";
  return "text";
}
