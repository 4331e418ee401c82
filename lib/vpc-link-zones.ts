/**
 * Ids of the zones in which AWS offers no VPC link of an HTTP API: a subnet there makes its creation fail. The table of
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html ("Availability by Region") names
 * the zones that have it; these are the others of its regions. Which name a zone has differs between accounts.
 */
export const zonesWithoutVpcLink: ReadonlySet<string> = new Set([
  "use1-az3",
  "usw1-az2",
  "ape1-az1",
  "apne1-az3",
  "cac1-az3",
  "cac1-az4",
  "euw3-az2",
]);
