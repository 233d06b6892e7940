#!/usr/bin/python3
"""A user of cloud a, by its administrator:
  user.py create NAME PASSWORD PROJECT   creates a member of the project; replaces an existing user
  user.py password NAME PASSWORD         sets another password
  user.py keypairs NAME                  prints the names of the user's keypairs
  user.py delete NAME                    succeeds when it does not exist"""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402


def find(c, name):
    return next((user for user in c.identity.users(name=name) if user.name == name), None)


def create(c, name, password, project_name):
    delete(c, name)
    user = c.identity.create_user(name=name, password=password, domain_id="default")
    project = c.identity.find_project(project_name, ignore_missing=False)
    role = c.identity.find_role("member", ignore_missing=False)
    c.identity.assign_project_role_to_user(project, user, role)


def password(c, name, password):
    c.identity.update_user(find(c, name), password=password)


def keypairs(c, name):
    answer = c.compute.get("/os-keypairs", params={"user_id": find(c, name).id}, microversion="2.10")
    json.dump([entry["keypair"]["name"] for entry in answer.json()["keypairs"]], sys.stdout)


def delete(c, name):
    user = find(c, name)
    if user is not None:
        c.identity.delete_user(user)


{"create": create, "password": password, "keypairs": keypairs, "delete": delete}[sys.argv[1]](
    openstack.connect(cloud="admin"), *sys.argv[2:])
