/** Whether what was typed is a site of Jira Cloud by its name alone: the network need not be asked. */
export function isAtlassianCloud(typed: string): boolean {
  const url = /^https?:\/\//i.test(typed) ? typed : `https://${typed}`;
  return URL.canParse(url) && /\.atlassian\.net$/i.test(new URL(url).hostname);
}
