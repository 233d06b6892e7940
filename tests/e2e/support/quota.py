#!/usr/bin/python3
"""quota.py PROJECT CORES: sets the quota of vCPUs of a project of cloud a. Prints the limit that it had."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402

c = openstack.connect(cloud="admin")
project = c.identity.find_project(sys.argv[1], ignore_missing=False)
path = f"/os-quota-sets/{project.id}"
json.dump(c.compute.get(path).json()["quota_set"]["cores"], sys.stdout)
c.compute.put(path, json={"quota_set": {"cores": int(sys.argv[2]), "force": True}}).raise_for_status()
