#!/usr/bin/python3
"""One server, by openstacksdk. The server and its keypair have the same NAME:
  server.py create CLOUD NAME IMAGE_ID FLAVOR PUBLIC_KEY USER_DATA   waits for ACTIVE, prints {"id": …, "address": …}
  server.py console CLOUD NAME                                       prints {"output": …}
  server.py user-data CLOUD NAME                                     prints {"userData": …}; CLOUD is an admin's
  server.py snapshot CLOUD NAME                                      stops it, prints the id of its image as {"id": …}
  server.py delete CLOUD NAME                                        and its keypair; succeeds when they do not exist"""
import base64
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402


def create(c, name, image_id, flavor, public_key, user_data):
    more = {"user_data": base64.b64encode(user_data.encode()).decode()} if user_data else {}
    c.compute.create_keypair(name=name, public_key=public_key)
    server = c.compute.create_server(
        name=name, key_name=name, config_drive=True, image_id=image_id,
        flavor_id=c.compute.find_flavor(flavor, ignore_missing=False).id,
        networks=[{"uuid": c.network.find_network("lab", ignore_missing=False).id}],
        security_groups=[{"name": "lab-ssh"}], **more)
    server = c.compute.wait_for_server(server, interval=1, wait=180)
    json.dump({"id": server.id, "address": server.addresses["lab"][0]["addr"]}, sys.stdout)


def named(c, name):
    return [s for s in c.compute.servers() if s.name == name]


def console(c, name):
    [server] = named(c, name)
    json.dump({"output": c.compute.get_server_console_output(server.id).get("output") or ""}, sys.stdout)


def user_data(c, name):
    [server] = [s for s in c.compute.servers(all_projects=True) if s.name == name]
    encoded = c.compute.get_server(server.id).user_data or ""
    json.dump({"userData": base64.b64decode(encoded).decode()}, sys.stdout)


def snapshot(c, name):
    [server] = named(c, name)
    c.compute.stop_server(server.id)
    c.compute.wait_for_server(server, status="SHUTOFF", interval=1, wait=120)
    image = c.compute.create_server_image(server.id, name=f"{name}-snapshot", wait=True, timeout=240)
    json.dump({"id": image.id}, sys.stdout)


def delete(c, name):
    servers = named(c, name)
    for server in servers:
        c.compute.delete_server(server.id)
    for server in servers:
        c.compute.wait_for_delete(server, interval=1, wait=120)
    c.compute.delete_keypair(name, ignore_missing=True)


{"create": create, "console": console, "user-data": user_data, "snapshot": snapshot, "delete": delete}[sys.argv[1]](
    openstack.connect(cloud=sys.argv[2]), *sys.argv[3:])
