/** Ways to write what is refused so that it may look like something else. */
import type { Draw } from "./draw.ts";

const FORBIDDEN = [
  "rest/pat/latest/tokens",
  "rest/auth/1/session",
  "rest/oauth2/latest/token",
  "rest/oauth2-client/latest/config",
  "rest/applinks/1.0/applicationlink",
  "rest/webhooks/1.0/webhook",
  "rest/jira-webhook/1.0/webhooks",
  "rest/api/3/webhook",
  "rest/api/latest/webhook/refresh",
  "plugins/servlet/oauth/users/access-tokens",
  "s/abc/_/rest/pat/latest/tokens",
];
const PARAMETERS = [
  "os_username",
  "os_password",
  "oauth_token",
  "xoauth_requestor_id",
  "access_token",
  "jwt",
];
const PLAIN = ["rest/api/3/myself", "rest/api/3/issue/JJ-2", "rest/api/3/search/jql", "rest/agile/1.0/board"];
const UPWARDS = [
  ..."../ ..%2f %2e%2e/ %2e./ .%2e/ ..;/ ..%5c ..\\ %2e%2e%2f %252e%252e/ ..%252f %c0%ae%c0%ae/ %u002e%u002e/".split(
    " ",
  ),
  ..."%uff0e%uff0e/ ..%00/ ..%0d/ ..%3b/ ./ %2e/ // ///".split(" "),
];
const BREAKERS = [
  ..."; ;x=1 %3b %00 %0a %0d%0aX-Injected:1 %09 %7f %zz %g %2g %c3%28 %ff %23 %3f %25 %5c \\ # //".split(" "),
];

/** The same letters, some in capitals, some escaped: nothing a server would tell apart. */
export function disguised(draw: Draw, text: string, escapes = true): string {
  return [...text]
    .map((letter) => {
      if (!/[a-z]/i.test(letter)) return letter;
      const turned = draw.chance(15) ? letter.toUpperCase() : letter;
      if (!escapes || !draw.chance(12)) return turned;
      const hex = turned.charCodeAt(0).toString(16);
      return `%${draw.chance(50) ? hex.toUpperCase() : hex}`;
    })
    .join("");
}

/** A path that must not pass, below the site's base. */
export function badPath(draw: Draw): string {
  const forbidden = draw.one(FORBIDDEN);
  const plain = draw.one(PLAIN);
  return draw.one<() => string>([
    () => `/${disguised(draw, forbidden)}`,
    () => `/${disguised(draw, forbidden)}/${draw.word(5)}`,
    () => `/${plain}/${draw.one(UPWARDS)}${draw.one(UPWARDS)}${forbidden}`,
    () => `/${plain}${draw.one(BREAKERS)}`,
    () => {
      const at = draw.number(plain.length);
      return `/${plain.slice(0, at)}${draw.one(BREAKERS)}${plain.slice(at)}`;
    },
    () => `/${draw.one(UPWARDS)}${forbidden}`,
    () => `/rest/api/3/issue/${draw.one(UPWARDS)}${draw.one(UPWARDS)}${draw.one(UPWARDS)}auth/1/session`,
  ])();
}

/** One parameter that must not pass. */
export function badParameter(draw: Draw): string {
  const name = disguised(draw, draw.one(PARAMETERS));
  return draw.one([
    `${name}=admin`,
    `a=b;${name}=admin`,
    `a=b&${name}`,
    `+${name}=x`,
    `${name}%20=x`,
    `a%00=b`.replace("%00", "%ff"),
    "a=b#c",
    `jql=x&${name}=${draw.word(20)}`,
  ]);
}

const METHODS = "TRACE OPTIONS CONNECT PROPFIND MKCOL LOCK PURGE LINK SEARCH QUERY".split(" ");

export function badMethod(draw: Draw): string {
  return draw.chance(80) ? draw.one(METHODS) : draw.word(1 + draw.number(20)).replace(/[^A-Za-z]/g, "X");
}

/** A key that opens nothing, written like one that does. */
export function badKey(draw: Draw, real: string, ended: readonly string[]): string {
  const at = 3 + draw.number(real.length - 3);
  const other = real[at] === "A" ? "B" : "A";
  return draw.one([
    `Bearer lk_${draw.word(43)}`,
    `Bearer ${real.slice(0, at)}${other}${real.slice(at + 1)}`,
    `Bearer ${real.slice(0, -1 - draw.number(30))}`,
    `Bearer ${real}${draw.word(1)}`,
    `Bearer ${draw.one(ended)}`,
    `Basic ${Buffer.from(`lk:${real}`).toString("base64")}`,
    `${real}`,
    `Bearer ${real},${real}`,
    `Bearer "${real}"`,
    `bearer\t${real}`,
    `Bearer lk_${"A".repeat(draw.number(9_000))}`,
    draw.word(30),
  ]);
}
