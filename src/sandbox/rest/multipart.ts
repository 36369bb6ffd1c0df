/** Reads `multipart/form-data`: the files of an upload. */

export type UploadedFile = {
  readonly field: string;
  readonly filename: string;
  readonly type: string;
  readonly content: Buffer;
};

/** The files of a body, in order; undefined where the body is no multipart form. Fields without a file name are passed over. */
export function filesOf(contentType: string | undefined, body: Buffer): UploadedFile[] | undefined {
  const boundary = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(
    contentType ?? "",
  );
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return undefined;
  const files: UploadedFile[] = [];
  const separator = Buffer.from(`--${mark}`);
  let at = body.indexOf(separator);
  if (at < 0) return undefined;
  while (at >= 0) {
    const begin = at + separator.length;
    if (body.subarray(begin, begin + 2).toString("latin1") === "--") return files;
    const end = body.indexOf(Buffer.from(`\r\n--${mark}`), begin);
    if (end < 0) return undefined;
    const file = partOf(body.subarray(begin + 2, end));
    if (file !== undefined) files.push(file);
    at = end + 2;
  }
  return undefined;
}

function partOf(part: Buffer): UploadedFile | undefined {
  const cut = part.indexOf("\r\n\r\n");
  if (cut < 0) return undefined;
  const head = part.subarray(0, cut).toString("utf8");
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const filename = parameter(disposition, "filename");
  if (filename === undefined) return undefined;
  return {
    field: parameter(disposition, "name") ?? "",
    filename,
    type: (/^content-type:\s*(.*?)\s*$/im.exec(head)?.[1] ?? "application/octet-stream").slice(0, 200),
    content: part.subarray(cut + 4),
  };
}

/** A parameter of a header; `filename*` in UTF-8 comes before `filename`. Browsers write a quote as `%22`. */
function parameter(header: string, name: string): string | undefined {
  const extended = new RegExp(`;\\s*${name}\\*=utf-8''([^;\\s]+)`, "i").exec(header)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      return undefined;
    }
  }
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, "i").exec(header);
  return (found?.[1] ?? found?.[2])?.replace(/\\(.)/g, "$1").replaceAll("%22", '"');
}
