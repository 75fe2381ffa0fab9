/** The least that says which kind of cluster it is. All else is asked for, or filled in. */

import type { Profile } from "../judge/protocol";

export function startText(profile: Profile): string {
  return [
    "apiVersion: nautes.resource.nautes.io/v1alpha1",
    "kind: Cluster",
    "metadata:",
    "  namespace: nautes",
    "spec:",
    `  clusterType: ${profile.clusterType}`,
    `  usage: ${profile.usage}`,
    ...(profile.workerType ? [`  workerType: ${profile.workerType}`] : []),
    "",
  ].join("\n");
}
