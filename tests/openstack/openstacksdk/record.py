#!/usr/bin/python3
"""Records what openstacksdk makes of the cases in cases.yaml. Needs python3-openstacksdk."""
import json
import os
import subprocess
import sys
import tempfile
import warnings

import yaml

FOLDER = os.path.dirname(os.path.abspath(__file__))
BASE = ('{auth_url: https://keystone.example.com/v3, username: user, password: secret, project_name: project, '
        'user_domain_name: UD, project_domain_name: PD}')


class Session:
    """Takes the place of a session and keeps the request that a plugin sends."""

    def post(self, url, json=None, **_):
        self.body = json
        raise InterruptedError


def read_cloud(name, home):
    """Runs in a process of its own, because openstacksdk computes its search path when it is imported."""
    warnings.simplefilter('ignore')
    import openstack.config
    region = openstack.config.OpenStackConfig().get_one(name)
    plugin = region._auth
    if hasattr(plugin, 'create_plugin'):
        plugin = plugin.create_plugin(None, (3, 0), plugin.auth_url)
    session = Session()
    try:
        plugin.get_auth_ref(session)
    except InterruptedError:
        pass
    verify, cert = region.get_requests_verify_args()
    result = {
        'auth_url': plugin.auth_url,
        'request': session.body,
        'region': region.region_name or None,
        'interface': region.get_interface('compute'),
        'verify': verify is not False,
        'cacert': verify if isinstance(verify, str) else None,
        'cert': cert if isinstance(cert, (list, tuple)) else [cert, None],
        'endpoints': [region.get_endpoint(service) for service in ('compute', 'image', 'network')],
    }
    print(json.dumps(result).replace(home, 'HOME'))


def record(case):
    with tempfile.TemporaryDirectory() as home:
        files = dict(case.get('files', {}))
        if 'clouds' in case:
            files['work/clouds.yaml'] = 'clouds: ' + case['clouds']
        if 'secure' in case:
            files['work/secure.yaml'] = 'clouds: ' + case['secure']
        if 'public' in case:
            files['work/clouds-public.yaml'] = 'public-clouds: ' + case['public']
        os.makedirs(home + '/work')
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(home, path)), exist_ok=True)
            with open(os.path.join(home, path), 'w') as file:
                file.write(text.replace('BASE', BASE))
        env = {key: value.replace('HOME', home) for key, value in case.get('env', {}).items()}
        command = [sys.executable, os.path.abspath(__file__), case.get('cloud', 'a'), home]
        done = subprocess.run(command, cwd=home + '/work', env={'PATH': '/usr/bin:/bin', 'HOME': home, **env},
                              capture_output=True, text=True)
        if done.returncode != 0:
            return {'error': done.stderr.strip().split('\n')[-1].split(':')[0].split('.')[-1]}
        return json.loads(done.stdout)


if len(sys.argv) == 3:
    read_cloud(sys.argv[1], sys.argv[2])
else:
    import openstack.version
    with open(os.path.join(FOLDER, 'cases.yaml')) as opened:
        results = {case['title']: record(case) for case in yaml.safe_load(opened)}
    with open(os.path.join(FOLDER, 'recorded.jsonl'), 'w') as out:
        out.write(json.dumps({'openstacksdk': openstack.version.__version__}) + '\n')
        for title, result in results.items():
            out.write(json.dumps({'title': title, 'result': result}) + '\n')
