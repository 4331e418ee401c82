import { expect, it } from "vitest";
import { zonesWithoutVpcLink } from "../../../lib/vpc-link-zones.ts";

it("zones without VPC links are named by id, for names differ between accounts", () => {
  for (const zone of zonesWithoutVpcLink) expect(zone).toMatch(/^[a-z]+\d-az\d$/);
  expect(zonesWithoutVpcLink).toContain("use1-az3");
});
