"""The private network: workloads in isolated subnets, with pinned endpoints for all they use."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.accounts import narrow_network
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_NEEDED = {
    "sagemaker.runtime": t.ENDPOINT,
    "logs": t.LOG_GROUP,
    "kms": t.KEY,
    "monitoring": t.ALARM,
    "s3": t.BUCKET,
}
"""The type that shows that the stack uses a service."""


@rule(
    id="workload-in-vpc",
    title="Function and model run in the private network, in two zones",
    pillar="network",
    severity="high",
    level="advisory",
    why="In the network a compromised workload reaches only the endpoints it is given.",
    remedy="Set vpc_config with two subnets and a security group.",
    references=("LAM-003", "LAM-004", "SM-004"),
    on=(t.FUNCTION, t.MODEL),
    settings={"minSubnets": Setting(2, "fewest subnets", 1, 6)},
)
def workload_in_vpc(workload: Resource, ctx: Context) -> Iterator[Finding]:
    subnets = workload.get("vpcConfig").get("subnetIds" if workload.type == t.FUNCTION else "subnets")
    groups = workload.get("vpcConfig.securityGroupIds")
    linked = workload.targets("vpcConfig", t.SUBNET) if subnets.declared else []
    if not subnets.declared:
        yield fail(subnets, "runs outside the private network")
    elif not linked:
        yield fail(subnets, "runs in a network outside the stack, which cannot be checked here")
    elif _number(subnets) < ctx.number("minSubnets"):
        yield fail(subnets, "runs in too few subnets")
    else:
        zones = [subnet.get("availabilityZone") for subnet in linked]
        texts = {zone.text() for zone in zones if zone.declared and zone.state.value == "known"}
        if len(texts) == 1 and all(zone.state.value == "known" for zone in zones):
            yield fail(subnets, "runs in one zone only")
    if not groups.declared or not workload.targets("vpcConfig", t.SECURITY_GROUP):
        yield fail(groups, "has no security group of the stack")


@rule(
    id="subnets-isolated",
    title="Subnets of workloads have no way to the internet",
    pillar="network",
    severity="medium",
    level="advisory",
    why="A NAT or internet gateway is the way out for stolen data.",
    remedy="Use VPC endpoints; remove the route.",
    references=("VPC-G04", "VPC-009"),
    on=(t.ROUTE, t.ROUTE_TABLE, t.DEFAULT_ROUTE_TABLE, t.MAIN_ROUTE_TABLE),
)
def subnets_isolated(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.MAIN_ROUTE_TABLE:
        if not resource.targets("routeTableId", t.ROUTE_TABLE):
            yield fail(resource.get("routeTableId"), "makes a table outside the stack the main one")
        return
    routes = [resource.root] if resource.type == t.ROUTE else resource.get("routes").items()
    for route in routes:
        for name in (
            "gatewayId",
            "natGatewayId",
            "egressOnlyGatewayId",
            "transitGatewayId",
            "networkInterfaceId",
            "carrierGatewayId",
            "localGatewayId",
            "coreNetworkArn",
        ):
            node = route.get(name)
            if node.declared and not (node.state.value == "known" and node.text() == "local"):
                yield fail(node, "leads out of the network")
        target = route.get("destinationCidrBlock" if resource.type == t.ROUTE else "cidrBlock")
        if (
            route.get("vpcPeeringConnectionId").declared
            and target.declared
            and not narrow_network(target.text())
        ):
            yield fail(target, "leads out of the network by way of a peer")


@rule(
    id="subnet-no-public-addresses",
    title="Subnets hand out no public addresses",
    pillar="network",
    severity="high",
    why="An interface with a public address can be reached.",
    remedy="Leave map_public_ip_on_launch and assign_ipv6_address_on_creation off.",
    references=("VPC-007",),
    on=(t.SUBNET,),
    scope="resource",
)
def subnet_no_public_addresses(subnet: Resource, ctx: Context) -> Iterator[Finding]:
    for name in ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"):
        yield from need(subnet.get(name), lambda n: not n.flag(), "hands out public addresses")


def _service(endpoint: Resource) -> str:
    """The part of a service name behind the region: "sagemaker.runtime" of com.amazonaws.<region>.sagemaker.runtime."""
    return ".".join(endpoint.get("serviceName").text().split(".")[3:])


@rule(
    id="private-path-to-services",
    title="The network has an endpoint for every service its workloads use",
    pillar="network",
    severity="high",
    level="advisory",
    why="Without one the call fails, or somebody opens a route to the internet.",
    remedy="Declare a VpcEndpoint for the service that the finding names, with private DNS on.",
    references=("VPC-G01", "VPC-014"),
    on=(t.VPC,),
    settings={"services": Setting(list(_NEEDED), "services that need an endpoint")},
)
def private_path_to_services(vpc: Resource, ctx: Context) -> Iterator[Finding]:
    endpoints = vpc.users("vpcId", t.VPC_ENDPOINT)
    present = {_service(endpoint) for endpoint in endpoints}
    for wanted in ctx.strings("services") if _holds_workloads(vpc) else []:
        used = wanted not in _NEEDED or ctx.graph.of(_NEEDED[wanted])
        if used and wanted not in present:
            yield fail(vpc, f"has no endpoint for {wanted}", "id")
    homes = [p.get("region").value for p in ctx.graph.of(t.PROVIDER) if p.get("region").declared]
    for endpoint in endpoints:
        region = endpoint.get("serviceName").text().split(".")[2:3]
        if homes and endpoint.get("serviceRegion").value is None and region and region[0] not in homes:
            yield fail(endpoint.get("serviceName"), "leads to a service in another region")
        if endpoint.get("vpcEndpointType").text() == "Interface":
            dns = endpoint.get("privateDnsEnabled")
            yield from need(dns, Node.flag, "is not found by the service's own name")


def _holds_workloads(vpc: Resource) -> bool:
    """Whether a function or a model of the stack runs in the network, and calls services from there."""
    subnets = vpc.users("vpcId", t.SUBNET)
    return any(subnet.users("vpcConfig", t.FUNCTION, t.MODEL) for subnet in subnets)


@rule(
    id="vpc-endpoint-in-zones",
    title="Interface endpoints are in two zones",
    pillar="network",
    severity="low",
    level="advisory",
    why="When one zone fails, the workloads in the other lose the service.",
    remedy="Give the endpoint a subnet of each zone.",
    references=("VPC-012",),
    on=(t.VPC_ENDPOINT,),
    settings={"minSubnets": Setting(2, "fewest subnets", 1, 6)},
)
def vpc_endpoint_in_zones(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    if endpoint.get("vpcEndpointType").text() == "Interface":
        subnets = endpoint.get("subnetIds")
        if _number(subnets) < ctx.number("minSubnets"):
            yield fail(subnets, "is in too few zones")


def _number(subnets: Node) -> int:
    """How many subnets are given, those outside the stack included; of what is not known each counts."""
    values = [node.value for node in subnets.items()]
    known = {value for value in values if isinstance(value, str)}
    return len(known) + sum(not isinstance(value, str) for value in values)


@rule(
    id="vpc-endpoint-policy-pinned",
    title="Endpoint policies name principals and resources",
    pillar="network",
    severity="high",
    level="advisory",
    why="The default policy lets anyone in the network reach anything of the service, in any account.",
    remedy="Set policy: the stack's roles, the stack's resources, the needed actions.",
    references=("VPC-011", "VPC-G02"),
    on=(t.VPC_ENDPOINT,),
    settings={
        "unscoped": Setting(
            ["xray", "monitoring", "logs", "kms", "sts"], "services whose resources may be wide"
        ),
    },
)
def vpc_endpoint_policy_pinned(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    documents = [p.get("policy") for p in endpoint.users("vpcEndpointId", t.VPC_ENDPOINT_POLICY)]
    documents = documents or [endpoint.get("policy")]
    if not documents[0].declared:
        yield fail(documents[0], "lets anyone in the network reach everything of the service")
        return
    wide = _service(endpoint) in ctx.strings("unscoped")
    for document in documents:
        for s in iam.statements(document):
            if not s.allows:
                continue
            if s.anyone and not s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
                yield fail(s.node.get("Principal"), "lets anyone through without a narrowing condition")
            if not wide and (s.any_resource or any(map(iam.loose, s.resources))):
                yield fail(s.node.get("Resource"), "lets callers reach more than named resources")
            if any(action.endswith("*") and len(action.split(":")[-1]) < 2 for action in s.actions):
                yield fail(s.node.get("Action"), "lets callers do everything")


@rule(
    id="runtime-endpoint-pinned",
    title="The runtime endpoint admits only the call to this endpoint",
    pillar="network",
    severity="high",
    level="advisory",
    why="With a wide policy a compromised function could send data to a model of another account.",
    remedy="Allow sagemaker:InvokeEndpoint on the endpoint's exact ARN only.",
    references=("VPC-G02",),
    on=(t.VPC_ENDPOINT,),
)
def runtime_endpoint_pinned(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    if _service(endpoint) != "sagemaker.runtime" or not endpoint.get("policy").declared:
        return
    for s in iam.statements(endpoint.get("policy")):
        if s.allows:
            for node in s.node.get("Action").items():
                if node.text() != "sagemaker:InvokeEndpoint":
                    yield fail(node, "admits more than the call to the endpoint")
            for node in s.node.get("Resource").items():
                if "*" in node.text() or ":endpoint/" not in node.text():
                    yield fail(node, "does not name the endpoint's exact ARN")


@rule(
    id="flow-logs-on",
    title="Every VPC records its traffic",
    pillar="logging",
    severity="medium",
    why="Flow logs show what tried to leave or to enter.",
    remedy="Declare a FlowLog for the VPC with traffic_type ALL and a log group of the stack.",
    references=("VPC-006",),
    on=(t.VPC,),
)
def flow_logs_on(vpc: Resource, ctx: Context) -> Iterator[Finding]:
    logs = vpc.users("vpcId", t.FLOW_LOG)
    if not logs:
        yield fail(vpc, "has no flow log", "id")
    for entry in logs:
        traffic = entry.get("trafficType")
        yield from need(traffic, lambda n: n.text().upper() == "ALL", "records a part of the traffic only")
        if not entry.targets("logDestination", t.LOG_GROUP, t.BUCKET):
            yield fail(entry.get("logDestination"), "records outside the stack")
