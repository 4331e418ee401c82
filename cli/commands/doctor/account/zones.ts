import { type AvailabilityZone, DescribeAvailabilityZonesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

export interface ZoneSettings {
  stage: string;
  /** Names from the stage's file. Without them the network takes the first two of the region. */
  configured: readonly string[] | undefined;
  /** Ids of zones in which AWS creates no VPC link. */
  excluded: ReadonlySet<string>;
}

/** Can the network's zones have a VPC link? Names of zones differ from account to account; their ids do not. */
export function checkZones(client: EC2Client, { stage, configured, excluded }: ZoneSettings): Promise<Finding> {
  return ask("availability zones", "ec2:DescribeAvailabilityZones", async () => {
    const Filters = [{ Name: "zone-type", Values: ["availability-zone"] }];
    const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand({ Filters }));
    const zones = [...AvailabilityZones].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    const suitable = zones.filter(({ ZoneId = "" }) => !excluded.has(ZoneId)).map(nameOf);
    const line = `"availabilityZones": ${JSON.stringify(suitable.slice(0, 2))}`;
    const advice = `Add to config/${stage}.json: ${line}`;
    const unknown = configured?.filter((name) => !zones.some((zone) => nameOf(zone) === name)) ?? [];
    if (unknown.length > 0) return { state: "missing", found: `there is no zone ${unknown.join(", ")} here`, advice };
    const chosen = configured ? zones.filter((zone) => configured.includes(nameOf(zone))) : zones.slice(0, 2);
    const names = chosen.map((zone) => `${nameOf(zone)} (${zone.ZoneId})`);
    const rejected = names.filter((_, i) => excluded.has(chosen[i]?.ZoneId ?? ""));
    if (rejected.length === 0) return { state: "ok", found: names.join(", ") };
    return { state: "missing", found: `${rejected.join(", ")} cannot have a VPC link`, advice };
  });
}

function nameOf({ ZoneName = "" }: AvailabilityZone): string {
  return ZoneName;
}
