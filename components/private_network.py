"""PrivateNetwork: two zones without a route to the internet, and endpoints for what the stack uses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import documents, network_documents
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.site import Site
from components.workload_role import WorkloadRole
from settings import Network

_ZONES = 2
_HTTPS = 443


class PrivateNetwork(pulumi.ComponentResource):
    """A VPC whose only ways out are endpoints, each with a policy for this stack's roles and resources.

    The function and the model reach the endpoints on port 443 from group to group; the default group is closed;
    every flow is logged.
    """

    ready: list[pulumi.Resource]
    """The endpoints and rules that a workload needs before it starts."""

    def __init__(
        self,
        name: str,
        site: Site,
        network: Network,
        *,
        key: EncryptionKey,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"cidr": network.cidr, "interfaceEndpoints": list(network.interface_endpoints)}
        super().__init__("fraud:network:PrivateNetwork", name, args, opts)
        self._name, self._site = name, site
        self._child = pulumi.ResourceOptions(parent=self)
        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=network.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("network"),
            opts=self._child,
        )
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=self._vpc.id, ingress=[], egress=[], tags=self._tags("closed"), opts=self._child
        )
        self._subnets, self._tables = self._make_subnets(network.cidr)
        self._function = self._group("function", "The scoring function: out to the endpoints on 443")
        self._model = self._group("model", "The model: out to S3 on 443")
        self._endpoints = self._group("endpoints", "AWS service endpoints: in from the workloads on 443")
        rules = self._rules()
        self.ready = [*rules, *self._make_endpoints(network.interface_endpoints)]
        self._flow_log(key)
        self.register_outputs({"vpcId": self._vpc.id})

    def function_placement(self) -> aws.lambda_.FunctionVpcConfigArgs:
        """Where the function runs."""
        return aws.lambda_.FunctionVpcConfigArgs(
            subnet_ids=[s.id for s in self._subnets], security_group_ids=[self._function.id]
        )

    def model_placement(self) -> aws.sagemaker.ModelVpcConfigArgs:
        """Where the model runs."""
        return aws.sagemaker.ModelVpcConfigArgs(
            subnets=[s.id for s in self._subnets], security_group_ids=[self._model.id]
        )

    def _tags(self, what: str) -> dict[str, str]:
        return {**self._site.tags, "Name": f"{self._site.prefix}-{what}"}

    def _make_subnets(self, cidr: str) -> tuple[list[aws.ec2.Subnet], list[aws.ec2.RouteTable]]:
        zones = aws.get_availability_zones(state="available").names[:_ZONES]
        ranges = ipaddress.ip_network(cidr).subnets(prefixlen_diff=1)
        subnets, tables = [], []
        for zone, block in zip(zones, ranges, strict=True):
            label = f"{self._name}-{zone[-1]}"
            subnet = aws.ec2.Subnet(
                label,
                vpc_id=self._vpc.id,
                availability_zone=zone,
                cidr_block=str(block),
                map_public_ip_on_launch=False,
                tags=self._tags(f"private-{zone[-1]}"),
                opts=self._child,
            )
            table = aws.ec2.RouteTable(
                label,
                vpc_id=self._vpc.id,
                tags=self._tags(f"private-{zone[-1]}"),
                opts=self._child,
            )
            aws.ec2.RouteTableAssociation(
                label, subnet_id=subnet.id, route_table_id=table.id, opts=self._child
            )
            subnets.append(subnet)
            tables.append(table)
        return subnets, tables

    def _group(self, what: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{what}",
            name=f"{self._site.prefix}-{what}",
            description=description,
            vpc_id=self._vpc.id,
            tags=self._tags(what),
            opts=self._child,
        )

    def _rules(self) -> list[pulumi.Resource]:
        s3 = aws.ec2.get_managed_prefix_list(name=f"com.amazonaws.{self._site.region}.s3")
        https = {
            "ip_protocol": "tcp",
            "from_port": _HTTPS,
            "to_port": _HTTPS,
            "tags": self._site.tags,
            "opts": self._child,
        }
        return [
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-function-to-endpoints",
                description="The function calls AWS services through the endpoints",
                security_group_id=self._function.id,
                referenced_security_group_id=self._endpoints.id,
                **https,
            ),
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-endpoints-from-function",
                description="The function calls AWS services through the endpoints",
                security_group_id=self._endpoints.id,
                referenced_security_group_id=self._function.id,
                **https,
            ),
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-model-to-s3",
                description="The artifact is read and captured requests are written through the S3 endpoint",
                security_group_id=self._model.id,
                prefix_list_id=s3.id,
                **https,
            ),
        ]

    def _make_endpoints(self, interfaces: Sequence[str]) -> list[pulumi.Resource]:
        service = f"com.amazonaws.{self._site.region}"
        policies = network_documents.endpoint_policies(self._site)
        gateway = aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc.id,
            service_name=f"{service}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in self._tables],
            policy=policies["s3"],
            tags=self._tags("s3"),
            opts=self._child,
        )
        return [
            gateway,
            *(
                aws.ec2.VpcEndpoint(
                    f"{self._name}-{interface.replace('.', '-')}",
                    vpc_id=self._vpc.id,
                    service_name=f"{service}.{interface}",
                    vpc_endpoint_type="Interface",
                    private_dns_enabled=True,
                    subnet_ids=[subnet.id for subnet in self._subnets],
                    security_group_ids=[self._endpoints.id],
                    policy=policies[interface],
                    tags=self._tags(interface),
                    opts=self._child,
                )
                for interface in interfaces
            ),
        ]

    def _flow_log(self, key: EncryptionKey) -> None:
        site = self._site
        log = SecureLogGroup(f"{self._name}-flow", site, site.flow_log_group, key, opts=self._child)
        role = WorkloadRole(
            "flow-logs",
            site,
            "vpc-flow-logs",
            opts=self._child,
        )
        group = site.flow_log_group
        granted = role.grant(
            [
                documents.write_logs(site, group),
                documents.find_log_streams(site, group),
                documents.find_log_groups(site),
            ]
        )
        aws.ec2.FlowLog(
            self._name,
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=log.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=60,
            tags=self._tags("flow"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[granted]),
        )


def optional_network(name: str, site: Site, network: Network, *, key: EncryptionKey) -> PrivateNetwork | None:
    """The private network where the settings ask for one, else None: workloads then use AWS's public endpoints."""
    return PrivateNetwork(name, site, network, key=key) if network.enabled else None
