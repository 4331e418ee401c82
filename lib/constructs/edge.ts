import { CfnOutput, CrossStackReferences, Duration, ReferenceStrength, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Construct } from "constructs";
import { originHeader } from "../../core/contracts/api-routes.ts";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { createFirewall } from "./firewall.ts";
import type { OriginVerification } from "./origin-verification.ts";

export interface EdgeProps {
  edge: NonNullable<CloudConfig["edge"]>;
  domain: CloudConfig["domain"];
  api: HttpApi;
  originVerification: OriginVerification;
}

/** CloudFront with a firewall in front of the API: limits for each caller, which an HTTP API does not have. */
export class Edge extends Construct {
  /** Address without a slash at its end. */
  readonly url: string;
  /** CloudFront's own address, which answers before people have made a domain's DNS record, and after. */
  readonly distributionUrl: string;

  constructor(scope: Construct, id: string, { edge, domain, api, originVerification }: EdgeProps) {
    super(scope, id);
    const { region, urlSuffix } = Stack.of(this);
    const distribution = new Distribution(this, "Distribution", {
      comment: "The predict API",
      webAclId: createFirewall(this, edge).attrArn,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: new HttpOrigin(`${api.apiId}.execute-api.${region}.${urlSuffix}`, {
          customHeaders: { [originHeader]: originVerification.secret },
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          originSslProtocols: [OriginSslPolicy.TLS_V1_2],
          readTimeout: Duration.seconds(30),
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // The gateway knows itself by its own name alone.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      },
      ...(domain && {
        domainNames: [domain.name],
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
        certificate: Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
      }),
    });
    // Monitoring asks at this address. Imported the usual way, it would hold the distribution when a stage gives up 'edge'.
    CrossStackReferences.of(distribution).produce(ReferenceStrength.WEAK);
    const { distributionDomainName } = distribution;
    this.distributionUrl = `https://${distributionDomainName}`;
    this.url = domain ? `https://${domain.name}` : this.distributionUrl;
    if (domain) {
      new CfnOutput(this, "ApiDomainTarget", { value: distributionDomainName }).overrideLogicalId("ApiDomainTarget");
    }
    acknowledge(distribution, "AwsSolutions-CFR1", "Avocados ripen everywhere: no country is turned away");
    acknowledge(
      distribution,
      "AwsSolutions-CFR3",
      "CloudFront's logs hold callers' network addresses, which are personal data; the API logs every request without them",
    );
    if (domain) return;
    acknowledge(
      distribution,
      "AwsSolutions-CFR4",
      "CloudFront's own certificate allows old TLS; a stage that minds has a domain, and with it TLS 1.2 at least",
    );
  }
}
