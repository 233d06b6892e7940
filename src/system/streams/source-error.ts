/** An error of the source of a transfer, not of the receiver: the data ended early or was not what was expected. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
