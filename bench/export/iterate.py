"""Issues by Debian's python3-jira, page by page: BASE PROJECT FILE."""
import json
import resource
import sys
import time

from jira import JIRA

base, project, to = sys.argv[1:]
began = time.monotonic()
client = JIRA(server=base, token_auth="t", options={"rest_api_version": "3"}, get_server_info=False, max_retries=0)
rows, token = 0, None
with open(to, "w") as file:
    while True:
        params = {"jql": "project = " + project, "maxResults": 100, "fields": "*all", "expand": "changelog"}
        if token:
            params["nextPageToken"] = token
        page = client._get_json("search/jql", params=params)
        for issue in page["issues"]:
            file.write(json.dumps(issue) + "\n")
        rows += len(page["issues"])
        token = page.get("nextPageToken")
        if not token:
            break
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"rows": rows, "seconds": time.monotonic() - began, "rss_mb": usage.ru_maxrss / 1024, "cpu_s": usage.ru_utime + usage.ru_stime}))
