/** A unit's status, in Juju's words. */
export interface UnitStatus {
  readonly name: 'active' | 'blocked' | 'waiting' | 'maintenance';
  /** One line; may be empty. */
  readonly message: string;
}
