type Databag = Readonly<Record<string, string>>;

/**
 * The runners of garm-configurator. It takes the `id` of the first unit that has one, and deletes its scale set with all
 * runners when there is none.
 */
export class GarmConfigurator {
  imageId = '';
  /** The number of times that all runners were deleted. */
  deletions = 0;

  /** Runs relation-changed. The databags are those of the units of the image builder. */
  read(databags: readonly Databag[]): void {
    const id = databags.map((bag) => bag['id'] ?? '').find((text) => text !== '') ?? '';
    if (id === '' && this.imageId !== '') this.deletions += 1;
    this.imageId = id;
  }
}

/** The runners of github-runner. It takes the `id` of the first unit that has any data. Without an id it starts none. */
export class GithubRunner {
  imageId = '';
  /** The number of times that an image was followed by none. */
  stops = 0;

  /** Runs relation-changed. The databags are those of the units of the image builder. */
  read(databags: readonly Databag[]): void {
    const { id = '' } = databags.find((bag) => 'id' in bag || 'tags' in bag || 'images' in bag) ?? {};
    if (id === '' && this.imageId !== '') this.stops += 1;
    this.imageId = id;
  }
}
