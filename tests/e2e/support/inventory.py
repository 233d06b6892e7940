#!/usr/bin/python3
"""inventory.py CLOUD: prints the resources of the cloud's project as JSON, sorted by id."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402


def plain(things, *fields):
    rows = [{field: getattr(thing, field) for field in fields} for thing in things]
    return sorted(rows, key=lambda row: row["id"])


def main(cloud):
    c = openstack.connect(cloud=cloud)
    project = c.current_project_id
    kinds = c.session.auth.get_access(c.session).service_catalog.get_endpoints()
    images = {}
    for hidden in (False, True):  # Glance lists hidden images only on request
        for image in c.image.images(owner=project, os_hidden=hidden):
            images[image.id] = image
    answer = {"servers": [], "ports": [], "keypairs": [], "securityGroups": [],
              "images": plain(images.values(), "id", "name", "status")}
    if "compute" in kinds:
        answer["servers"] = plain(c.compute.servers(), "id", "name", "status")
        answer["keypairs"] = plain(c.compute.keypairs(), "id", "name")
    if "network" in kinds:
        answer["ports"] = plain(c.network.ports(project_id=project), "id", "name", "status")
        answer["securityGroups"] = plain(c.network.security_groups(project_id=project), "id", "name")
    json.dump(answer, sys.stdout)


main(sys.argv[1])
