import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zipCharm } from '../tests/support/juju/charm/charm-zip.ts';

const PYTHON = 'python3';

const CHARM = `import ops


class SmallestCharm(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        for event in (self.on.start, self.on.update_status):
            framework.observe(event, self._set_status)

    def _set_status(self, event):
        self.unit.status = ops.ActiveStatus()


main = ops.main if callable(ops.main) else ops.main.main
main(SmallestCharm)
`;

/** Reports whether this machine has Python's `ops`. */
export function canImportOps(): boolean {
  return spawnSync(PYTHON, ['-c', 'import ops'], { stdio: 'ignore' }).status === 0;
}

/** Packs the smallest charm on `ops` that sets a status. */
export async function packOpsCharm(folder: string): Promise<string> {
  const pythonPath = process.env['PYTHONPATH'] ?? ''; // a hook inherits no environment
  const files = {
    'metadata.yaml': 'name: smallest\nsummary: Sets a status.\ndescription: Sets a status.\n',
    'manifest.yaml': "bases: [{ name: ubuntu, channel: '24.04', architectures: [amd64, arm64] }]\n",
    dispatch: `#!/bin/sh\nPYTHONPATH='${pythonPath}' exec ${PYTHON} src/charm.py\n`,
    'src/charm.py': CHARM,
  };
  const source = join(folder, 'ops');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }
  await chmod(join(source, 'dispatch'), 0o755);
  const target = join(folder, 'ops.charm');
  await zipCharm(source, target);
  return target;
}
