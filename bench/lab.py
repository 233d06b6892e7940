#!/usr/bin/python3
"""Prepares the lab for the benchmark, by openstacksdk: lab.py upload FILE | tokens CLOUD... | wipe
upload creates an image from FILE in the builder's project and prints its id; tokens prints URL and token of the image
service of each cloud; wipe deletes the images of the benchmark in all three projects."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402

CLOUDS = ("builder", "consumer", "neighbour")


def upload(path):
    image = openstack.connect(cloud="builder").image.create_image(
        "bench-lab", filename=path, disk_format="raw", container_format="bare", visibility="private", wait=True,
        timeout=600)
    print(json.dumps(image.id))


def tokens(*names):
    pairs = []
    for name in names:
        c = openstack.connect(cloud=name)
        pairs += [c.session.get_endpoint(service_type="image", interface="public"), c.auth_token]
    print(json.dumps(pairs))


def wipe():
    for name in CLOUDS:
        c = openstack.connect(cloud=name)
        for image in c.image.images(owner=c.current_project_id):
            if image.name.startswith("bench-"):
                c.image.delete_image(image.id)


{"upload": upload, "tokens": tokens, "wipe": wipe}[sys.argv[1]](*sys.argv[2:])
