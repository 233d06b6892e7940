/** The file in which the last command of each script leaves its mark. */
export const CONSUMER_MARKS = '/var/lib/consumer-marks';

/**
 * The boot script of github-runner with a registry mirror, in our own words with the commands that it runs: any of them
 * that fails ends it. The second half is what its pre-job script runs as the user ubuntu.
 */
export const RUNNER_CHARM_SCRIPT = `#!/bin/bash
set -e
hostnamectl set-hostname github-runner
printf '{"registry-mirrors": ["%s"]}\\n' http://10.77.0.1:5555 > /etc/docker/daemon.json
systemctl daemon-reload
systemctl restart docker
cd /home/ubuntu/actions-runner
printf 'ACTIONS_RUNNER_HOOK_JOB_STARTED=/home/ubuntu/actions-runner/pre-job.sh\\n' > .env
cat > pre-job.sh <<'END'
#!/bin/bash
set -e
sudo snap enable opentelemetry-collector
sudo snap start --enable opentelemetry-collector
[ "$(printf '{"pull_request": {"head": {"fork": false}}}' | jq -r .pull_request.head.fork)" = false ]
docker info --format '{{.RegistryConfig.Mirrors}}' | grep -q 10.77.0.1:5555
END
chmod 755 pre-job.sh
chown ubuntu:ubuntu .env pre-job.sh
su - ubuntu -c 'cd ~/actions-runner && ./pre-job.sh && ./run.sh --version'
echo github-runner >> ${CONSUMER_MARKS}
`;

/**
 * The boot script of GARM on an image with a cached runner, in our own words with the commands that it runs. The service
 * prints the version of the runner, because the runner on the lab is a stand-in.
 */
export const GARM_SCRIPT = `#!/bin/bash
set -e
set -o pipefail
home=/home/runner/actions-runner
if [ ! -d "$home" ]; then
  echo 'GARM would download the runner'
  exit 1
fi
cd "$home"
for file in .runner .credentials .credentials_rsaparams; do echo '{}' > "$home/$file"; done
echo actions.runner.lab.service > "$home/.service"
cat > /etc/systemd/system/actions.runner.lab.service <<END
[Unit]
After=network.target
[Service]
Type=oneshot
User=runner
WorkingDirectory=$home
ExecStart=$home/run.sh --version
[Install]
WantedBy=multi-user.target
END
chown -R runner "$home"
systemctl daemon-reload
systemctl enable actions.runner.lab.service
systemctl start actions.runner.lab.service
su runner -s /bin/bash -c 'docker version && sudo -n true'
echo garm >> ${CONSUMER_MARKS}
`;
