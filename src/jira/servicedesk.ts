import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { objectFrom } from "./issues.ts";
import type { Jira } from "./model.ts";
import { paginateWith } from "./paginate.ts";

const BASE = "/rest/servicedeskapi";

/** Jira Service Management: the same paths on Cloud and Data Center. */
export function serviceDeskResource(
  caller: Caller,
): Pick<Jira, "serviceDesks" | "requestTypes" | "requests" | "createRequest"> {
  const list = (path: string) => paginateWith(caller, BASE + path, { items: "values" });
  return {
    serviceDesks: () => list("/servicedesk"),
    requestTypes: (service_desk_id) => list(`/servicedesk/${segment(service_desk_id)}/requesttype`),
    requests: () => list("/request"),
    // Descriptions are plain or wiki text here, also on Cloud: ADF is the exception that must be asked for.
    createRequest: ({ service_desk_id, request_type_id, fields }) =>
      objectFrom(
        caller.request({
          method: "POST",
          path: `${BASE}/request`,
          json: {
            serviceDeskId: service_desk_id,
            requestTypeId: request_type_id,
            requestFieldValues: fields,
          },
        }),
        "new request",
      ),
  };
}
