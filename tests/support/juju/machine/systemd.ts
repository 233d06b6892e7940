import { readdirSync } from 'node:fs';
import { mkdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodeOf } from '../../../../src/system/error-code.ts';
import { Service } from './service.ts';
import { type ServiceUnit, UnitFileError, parseUnitFile } from './unit-file.ts';

/** The observable state of a service. */
export interface ServiceView {
  readonly name: string;
  readonly state: string;
  readonly mainPid: number | undefined;
  readonly restarts: number;
  readonly isEnabled: boolean;
}

/** The settings of systemd's manager. */
export interface SystemdOptions {
  /** The folder for the output of services. */
  readonly journals: string;
  readonly maxRestartMs: number;
  /** The variables of every service; its unit file may override them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The part of systemd that a charm needs: unit files under a root, and real processes. */
export class Systemd {
  readonly #folder: string;
  readonly #options: SystemdOptions;
  readonly #services = new Map<string, Service>();

  constructor(root: string, options: SystemdOptions) {
    this.#folder = join(root, 'etc/systemd/system');
    this.#options = options;
  }

  /** Reads the unit files again; running processes continue. */
  async reload(): Promise<void> {
    for (const [name, service] of this.#services) {
      const unit = await this.#readUnit(name);
      if (unit !== undefined) service.unit = unit;
      else if (service.state === 'inactive') this.#services.delete(name);
    }
  }

  /** Returns the service, loading it on first use; undefined when it has no unit file. Throws UnitFileError. */
  async find(name: string): Promise<Service | undefined> {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const unit = await this.#readUnit(name);
    if (unit === undefined) return undefined;
    const loaded = this.#services.get(name); // loaded by another call while the file was read
    if (loaded !== undefined) return loaded;
    const { maxRestartMs, environment } = this.#options;
    const service = new Service(unit, { journal: this.journalOf(name), maxRestartMs, environment });
    this.#services.set(name, service);
    return service;
  }

  journalOf(name: string): string {
    return join(this.#options.journals, `${name}.log`);
  }

  async hasFile(name: string): Promise<boolean> {
    return (await this.#readText(name)) !== undefined;
  }

  /** Enables the service at boot. Returns the links created. */
  async enable(name: string): Promise<readonly string[]> {
    const text = await this.#readText(name);
    const made: string[] = [];
    for (const target of parseUnitFile(name, text ?? '').wantedBy) {
      const link = join(this.#folder, `${target}.wants`, name);
      await mkdir(join(this.#folder, `${target}.wants`), { recursive: true });
      if (await isLink(link)) continue;
      await symlink(join(this.#folder, name), link);
      made.push(link);
    }
    return made;
  }

  /** Disables the service at boot. Returns the links deleted. */
  async disable(name: string): Promise<readonly string[]> {
    const links = this.#listLinks().filter((link) => link.endsWith(`/${name}`));
    for (const link of links) await rm(link, { force: true });
    return links;
  }

  isEnabled(name: string): boolean {
    return this.#listLinks().some((link) => link.endsWith(`/${name}`));
  }

  /** Lists the loaded services. */
  list(): readonly ServiceView[] {
    return [...this.#services].map(([name, { state, mainPid, restarts }]) => {
      return { name, state, mainPid, restarts, isEnabled: this.isEnabled(name) };
    });
  }

  /** Unloads all services when the machine shuts down; the caller kills the processes. */
  halt(): void {
    for (const service of this.#services.values()) service.abandon();
    this.#services.clear();
  }

  /** Starts the enabled services. */
  async boot(): Promise<void> {
    const names = this.#listLinks().map((link) => link.slice(link.lastIndexOf('/') + 1));
    for (const name of new Set(names)) (await this.find(name))?.start();
  }

  async #readUnit(name: string): Promise<ServiceUnit | undefined> {
    const text = await this.#readText(name);
    return text === undefined ? undefined : parseUnitFile(name, text);
  }

  async #readText(name: string): Promise<string | undefined> {
    if (!/^[\w@.:-]+\.service$/.test(name)) throw new UnitFileError(`${name}: only services are supported`);
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #listLinks(): readonly string[] {
    const targets = readdirSync(this.#folder).filter((name) => name.endsWith('.wants'));
    return targets.flatMap((target) =>
      readdirSync(join(this.#folder, target)).map((name) => join(this.#folder, target, name)),
    );
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    await readlink(path);
    return true;
  } catch {
    return false;
  }
}
