#!/usr/bin/python3
"""servers-ever.py PREFIX: prints all servers, including deleted ones, of all projects whose names begin with PREFIX.
"terminated" is the time when the hypervisor had deleted a server, else null."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402

c = openstack.connect(cloud="admin")
found = {}
for deleted in ("False", "True"):
    answer = c.compute.get("/servers/detail", params={"all_tenants": "1", "deleted": deleted})
    for server in answer.json()["servers"]:
        if server["name"].startswith(sys.argv[1]):
            found[server["id"]] = {key: server[key] for key in ("id", "name", "status", "created")}
            terminated = server["OS-SRV-USG:terminated_at"]  # UTC, without a zone
            found[server["id"]]["terminated"] = terminated and f"{terminated}Z"
json.dump(sorted(found.values(), key=lambda server: server["created"]), sys.stdout)
