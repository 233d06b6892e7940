/** The place of the unit in Juju, which identifies its metrics. */
export interface Topology {
  readonly modelName: string;
  readonly modelUuid: string;
  readonly application: string;
}

/** The charm's name on Charmhub. */
export const CHARM_NAME = 'github-runner-image-builder';

/** Returns the labels that collectors add to the metrics of the application. */
export function topologyLabels({ modelName, modelUuid, application }: Topology) {
  return { juju_model: modelName, juju_model_uuid: modelUuid, juju_application: application };
}

/** Returns the matchers of the application's metrics in PromQL. */
export function topologyMatchers(topology: Topology): string {
  return Object.entries(topologyLabels(topology))
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
}
