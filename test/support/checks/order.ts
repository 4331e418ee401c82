import type { StackTemplate, TemplateResource } from "../deployed/template.ts";
import { allStrings } from "./strings.ts";

type Resources = Record<string, TemplateResource>;

/** Which resources of its stack a resource is created after, and deleted before: directly and through others. */
function dependenciesOf(resources: Resources): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const visit = (id: string): Set<string> => {
    const known = found.get(id);
    if (known) return known;
    const all = new Set<string>();
    found.set(id, all);
    for (const direct of directly(resources, id)) {
      all.add(direct);
      for (const further of visit(direct)) all.add(further);
    }
    return all;
  };
  for (const id of Object.keys(resources)) visit(id);
  return found;
}

/** Resources that one names, by `DependsOn` or in a reference. */
function directly(resources: Resources, id: string): string[] {
  const { Properties, DependsOn = [] } = resources[id] as TemplateResource;
  const references = allStrings(Properties).flatMap(({ path, value }) => {
    if (/(^|\.)(Ref|Fn::GetAtt\.0)$/.test(path)) return [value];
    return /(^|\.)Fn::Sub(\.0)?$/.test(path) ? [...value.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name) : [];
  });
  return [DependsOn, references].flat().filter((name) => name in resources);
}

const refersTo = (value: unknown, id: string) => allStrings(value).some((found) => found.value === id);

/** What a resource needs although nothing in it refers to it, and why. */
interface Need {
  of: (resource: TemplateResource) => boolean;
  needs: (resource: TemplateResource, resources: Resources) => string[];
  reason: string;
}

const ofType =
  (...types: string[]) =>
  ({ Type }: TemplateResource) =>
    types.includes(Type);
const isCustom = ({ Type }: TemplateResource) => Type.startsWith("Custom::");

const idsOf = (resources: Resources, wanted: (resource: TemplateResource) => boolean) =>
  Object.keys(resources).filter((id) => wanted(resources[id] as TemplateResource));

/** Policies of the roles that a resource runs with: its own, or those of the function or task that it names. */
function policiesOf(resource: TemplateResource, resources: Resources): string[] {
  const runs = ({ Type, Properties }: TemplateResource, id: string) =>
    Type === "AWS::ECS::Service"
      ? refersTo(Properties?.TaskDefinition, id)
      : refersTo(Properties?.FunctionName ?? Properties?.ServiceToken, id);
  const named = idsOf(resources, ofType("AWS::Lambda::Function", "AWS::ECS::TaskDefinition")).filter((id) =>
    runs(resource, id),
  );
  const owners = [resource, ...named.map((id) => resources[id] as TemplateResource)];
  const roles = idsOf(resources, ofType("AWS::IAM::Role")).filter((id) =>
    owners.some(({ Properties = {} }) =>
      ["Role", "RoleArn", "TaskRoleArn", "ExecutionRoleArn"].some((property) => refersTo(Properties[property], id)),
    ),
  );
  return idsOf(resources, ofType("AWS::IAM::Policy")).filter((id) =>
    roles.some((role) => refersTo(resources[id]?.Properties?.Roles, role)),
  );
}

/**
 * Policies and gateways are the cases that CloudFormation's documentation names itself ("When a DependsOn attribute is required"):
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html
 * The others are rejections of the services at creation or deletion, each with its reason.
 */
const needs: Need[] = [
  {
    of: isCustom,
    needs: policiesOf,
    reason: "its function is called at once, and may do nothing before its role has its policy",
  },
  {
    of: isCustom,
    needs: (_, resources) => idsOf(resources, ofType("AWS::RDS::DBInstance")),
    reason: "a cluster without an instance answers no statement",
  },
  {
    of: ofType("AWS::ECS::Service"),
    needs: policiesOf,
    reason: "a task that may not pull its image or read its secret fails, and the circuit breaker ends the deployment",
  },
  {
    of: ofType("AWS::ECS::Service"),
    needs: (_, resources) => idsOf(resources, ofType("AWS::ECS::ClusterCapacityProviderAssociations")),
    reason: "a provider that a service uses cannot be taken from its cluster",
  },
  {
    of: ofType("AWS::StepFunctions::StateMachine", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function"),
    needs: policiesOf,
    reason: "the service tries at creation what the role allows",
  },
  {
    of: ofType("AWS::Logs::SubscriptionFilter"),
    needs: ({ Properties }, resources) =>
      idsOf(resources, ofType("AWS::Lambda::Permission")).filter((id) =>
        idsOf(resources, ofType("AWS::Lambda::Function")).some(
          (lambda) => refersTo(Properties, lambda) && refersTo(resources[id]?.Properties?.FunctionName, lambda),
        ),
      ),
    reason: "CloudWatch Logs sends a test message to the function at creation",
  },
  {
    of: ({ Type, Properties }) => Type === "AWS::EC2::Route" && Properties?.GatewayId !== undefined,
    needs: (_, resources) => idsOf(resources, ofType("AWS::EC2::VPCGatewayAttachment")),
    reason: "a route leads to a gateway only when that is attached",
  },
  {
    of: ofType("AWS::ApiGatewayV2::ApiMapping"),
    needs: (_, resources) => idsOf(resources, ofType("AWS::ApiGatewayV2::Stage")),
    reason: "it is to a stage, which has to be there",
  },
];

/** Resources that CloudFormation could create before, or delete after, what they need. */
export function findMissingDependencies({ id: stack, template }: StackTemplate): string[] {
  const { Resources } = template;
  const dependencies = dependenciesOf(Resources);
  return Object.entries(Resources).flatMap(([id, resource]) =>
    needs
      .filter(({ of }) => of(resource))
      .flatMap(({ needs: find, reason }) =>
        find(resource, Resources)
          .filter((needed) => !dependencies.get(id)?.has(needed))
          .map((needed) => `${stack}/${id} does not depend on ${needed}: ${reason}`),
      ),
  );
}
