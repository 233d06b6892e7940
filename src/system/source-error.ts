/** The data on its way to a receiver is at fault, not the receiver: the source broke off, or sent the wrong thing. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
