/**
 * The same request with the path below the address the gateway is mounted at; one that was cut off already stays.
 * @param base "" at the root
 */
export function below(base: string, request: Request): Request {
  const url = new URL(request.url);
  if (base === "" || (url.pathname !== base && !url.pathname.startsWith(`${base}/`))) return request;
  url.pathname = url.pathname.slice(base.length) || "/";
  return new Request(url, request);
}
