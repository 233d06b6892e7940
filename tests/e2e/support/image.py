#!/usr/bin/python3
"""One image, by openstacksdk:
  image.py download CLOUD IMAGE_ID FILE
  image.py upload   CLOUD NAME QCOW2      prints {"id": …}
  image.py delete   CLOUD IMAGE_ID
  image.py describe CLOUD IMAGE_ID        prints the image's record in Glance; null when there is none
  image.py wipe     CLOUD PREFIX          deletes the project's images whose names begin with PREFIX"""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import openstack  # noqa: E402


def download(c, image_id, path):
    with open(path, "wb") as f:
        for block in c.image.download_image(image_id, stream=True).iter_content(1 << 20):
            f.write(block)


def upload(c, name, path):
    image = c.image.create_image(name, filename=path, disk_format="qcow2", container_format="bare",
                                 visibility="private", wait=True, timeout=120)
    json.dump({"id": image.id}, sys.stdout)


def delete(c, image_id):
    c.image.delete_image(image_id)


def describe(c, image_id):
    answer = c.image.get(f"/images/{image_id}")
    json.dump(answer.json() if answer.status_code == 200 else None, sys.stdout)


def wipe(c, prefix):
    for image in c.image.images(owner=c.current_project_id):
        if image.name.startswith(prefix):
            c.image.delete_image(image.id)


{"download": download, "upload": upload, "delete": delete, "describe": describe, "wipe": wipe}[sys.argv[1]](
    openstack.connect(cloud=sys.argv[2]), *sys.argv[3:])
