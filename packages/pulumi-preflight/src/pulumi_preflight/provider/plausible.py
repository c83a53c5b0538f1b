"""Plausible values for what AWS computes and no template describes: by the property's name and the resource's type.

The forms of ARNs are those of AWS's Service Authorization Reference: who reads the service or the kind of resource from
an ARN finds what AWS would put there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

MOMENT: Final = "2026-01-01T00:00:00Z"

_HERE: Final = "{region}:{account}:"
_BALANCER: Final = "elasticloadbalancing:" + _HERE
_ARNS: Final[Mapping[str, str]] = {
    "aws:acm/certificate:Certificate": f"acm:{_HERE}certificate/{{uuid}}",
    "aws:acmpca/certificateAuthority:CertificateAuthority": f"acm-pca:{_HERE}certificate-authority/{{uuid}}",
    "aws:apprunner/service:Service": f"apprunner:{_HERE}service/{{serviceName}}/{{hex32}}",
    "aws:appsync/graphQLApi:GraphQLApi": f"appsync:{_HERE}apis/{{id}}",
    "aws:athena/workgroup:Workgroup": f"athena:{_HERE}workgroup/{{name}}",
    "aws:autoscaling/group:Group": f"autoscaling:{_HERE}autoScalingGroup:{{uuid}}:autoScalingGroupName/{{name}}",
    "aws:backup/plan:Plan": f"backup:{_HERE}backup-plan:{{id}}",
    "aws:backup/vault:Vault": f"backup:{_HERE}backup-vault:{{name}}",
    "aws:batch/computeEnvironment:ComputeEnvironment": f"batch:{_HERE}compute-environment/{{name}}",
    "aws:batch/jobDefinition:JobDefinition": f"batch:{_HERE}job-definition/{{name}}:1",
    "aws:batch/jobQueue:JobQueue": f"batch:{_HERE}job-queue/{{name}}",
    "aws:cfg/rule:Rule": f"config:{_HERE}config-rule/config-rule-{{hex6}}",
    "aws:cloudfront/distribution:Distribution": "cloudfront::{account}:distribution/{id}",
    "aws:cloudfront/function:Function": "cloudfront::{account}:function/{name}",
    "aws:cloudtrail/trail:Trail": f"cloudtrail:{_HERE}trail/{{name}}",
    "aws:cloudwatch/eventApiDestination:EventApiDestination": f"events:{_HERE}api-destination/{{name}}/{{uuid}}",
    "aws:cloudwatch/eventArchive:EventArchive": f"events:{_HERE}archive/{{name}}",
    "aws:cloudwatch/eventBus:EventBus": f"events:{_HERE}event-bus/{{name}}",
    "aws:cloudwatch/eventConnection:EventConnection": f"events:{_HERE}connection/{{name}}/{{uuid}}",
    "aws:cloudwatch/eventRule:EventRule": f"events:{_HERE}rule/{{name}}",
    "aws:cloudwatch/logStream:LogStream": f"logs:{_HERE}log-group:{{logGroupName}}:log-stream:{{name}}",
    "aws:codebuild/project:Project": f"codebuild:{_HERE}project/{{name}}",
    "aws:codecommit/repository:Repository": f"codecommit:{_HERE}{{repositoryName}}",
    "aws:codedeploy/application:Application": f"codedeploy:{_HERE}application:{{name}}",
    "aws:codepipeline/pipeline:Pipeline": f"codepipeline:{_HERE}{{name}}",
    "aws:cognito/identityPool:IdentityPool": f"cognito-identity:{_HERE}identitypool/{{id}}",
    "aws:cognito/userPool:UserPool": f"cognito-idp:{_HERE}userpool/{{id}}",
    "aws:docdb/cluster:Cluster": f"rds:{_HERE}cluster:{{clusterIdentifier}}",
    "aws:dynamodb/table:Table": f"dynamodb:{_HERE}table/{{name}}",
    "aws:ec2/instance:Instance": f"ec2:{_HERE}instance/{{id}}",
    "aws:ec2/launchTemplate:LaunchTemplate": f"ec2:{_HERE}launch-template/{{id}}",
    "aws:ec2/networkAcl:NetworkAcl": f"ec2:{_HERE}network-acl/{{id}}",
    "aws:ec2/subnet:Subnet": f"ec2:{_HERE}subnet/{{id}}",
    "aws:ec2/vpc:Vpc": f"ec2:{_HERE}vpc/{{id}}",
    "aws:ecr/repository:Repository": f"ecr:{_HERE}repository/{{name}}",
    "aws:ecrpublic/repository:Repository": "ecr-public::{account}:repository/{repositoryName}",
    "aws:ecs/cluster:Cluster": f"ecs:{_HERE}cluster/{{name}}",
    "aws:ecs/taskDefinition:TaskDefinition": f"ecs:{_HERE}task-definition/{{family}}:1",
    "aws:efs/accessPoint:AccessPoint": f"elasticfilesystem:{_HERE}access-point/{{id}}",
    "aws:efs/fileSystem:FileSystem": f"elasticfilesystem:{_HERE}file-system/{{id}}",
    "aws:elasticache/cluster:Cluster": f"elasticache:{_HERE}cluster:{{clusterId}}",
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        f"elasticache:{_HERE}replicationgroup:{{replicationGroupId}}"
    ),
    "aws:elasticbeanstalk/application:Application": f"elasticbeanstalk:{_HERE}application/{{name}}",
    "aws:elasticsearch/domain:Domain": f"es:{_HERE}domain/{{domainName}}",
    "aws:emr/cluster:Cluster": f"elasticmapreduce:{_HERE}cluster/{{id}}",
    "aws:glue/catalogDatabase:CatalogDatabase": f"glue:{_HERE}database/{{name}}",
    "aws:glue/crawler:Crawler": f"glue:{_HERE}crawler/{{name}}",
    "aws:glue/job:Job": f"glue:{_HERE}job/{{name}}",
    "aws:iam/group:Group": "iam::{account}:group/{name}",
    "aws:iam/instanceProfile:InstanceProfile": "iam::{account}:instance-profile/{name}",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": f"firehose:{_HERE}deliverystream/{{name}}",
    "aws:kinesis/stream:Stream": f"kinesis:{_HERE}stream/{{name}}",
    "aws:lambda/layerVersion:LayerVersion": f"lambda:{_HERE}layer:{{layerName}}:1",
    "aws:lb/listener:Listener": f"{_BALANCER}listener/app/{{name}}/{{hex17}}/{{hex10}}",
    "aws:lb/loadBalancer:LoadBalancer": f"{_BALANCER}loadbalancer/app/{{name}}/{{hex17}}",
    "aws:lb/targetGroup:TargetGroup": f"{_BALANCER}targetgroup/{{name}}/{{hex17}}",
    "aws:mq/broker:Broker": f"mq:{_HERE}broker:{{brokerName}}:{{id}}",
    "aws:msk/cluster:Cluster": f"kafka:{_HERE}cluster/{{clusterName}}/{{uuid}}-1",
    "aws:neptune/cluster:Cluster": f"rds:{_HERE}cluster:{{clusterIdentifier}}",
    "aws:opensearch/domain:Domain": f"es:{_HERE}domain/{{domainName}}",
    "aws:pipes/pipe:Pipe": f"pipes:{_HERE}pipe/{{name}}",
    "aws:rds/cluster:Cluster": f"rds:{_HERE}cluster:{{clusterIdentifier}}",
    "aws:rds/instance:Instance": f"rds:{_HERE}db:{{identifier}}",
    "aws:rds/proxy:Proxy": f"rds:{_HERE}db-proxy:prx-{{hex17}}",
    "aws:rds/subnetGroup:SubnetGroup": f"rds:{_HERE}subgrp:{{name}}",
    "aws:redshift/cluster:Cluster": f"redshift:{_HERE}cluster:{{clusterIdentifier}}",
    "aws:route53/zone:Zone": "route53:::hostedzone/{id}",
    "aws:sagemaker/notebookInstance:NotebookInstance": f"sagemaker:{_HERE}notebook-instance/{{name}}",
    "aws:scheduler/schedule:Schedule": f"scheduler:{_HERE}schedule/default/{{name}}",
    "aws:secretsmanager/secret:Secret": f"secretsmanager:{_HERE}secret:{{name}}-{{hex6}}",
    "aws:ses/domainIdentity:DomainIdentity": f"ses:{_HERE}identity/{{domain}}",
    "aws:ses/emailIdentity:EmailIdentity": f"ses:{_HERE}identity/{{email}}",
    "aws:sesv2/emailIdentity:EmailIdentity": f"ses:{_HERE}identity/{{emailIdentity}}",
    "aws:sfn/activity:Activity": f"states:{_HERE}activity:{{name}}",
    "aws:ssm/parameter:Parameter": f"ssm:{_HERE}parameter/{{name}}",
    "aws:transfer/server:Server": f"transfer:{_HERE}server/{{id}}",
    "aws:xray/group:Group": f"xray:{_HERE}group/{{groupName}}/{{hex32}}",
}
_SAME: Final[Mapping[str, str]] = {
    "alb": "lb",
    "applicationloadbalancing": "lb",
    "elasticloadbalancingv2": "lb",
}
"""Older names of a module."""


def digest(text: str) -> str:
    """64 hexadecimal digits that depend on `text` alone."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return key


def fill(template: str, context: Mapping[str, Any]) -> str:
    """The template with the context's values; a name that the context lacks stands for itself."""
    return template.format_map(_Blank(context)) if "{" in template else template


def text(token: str, key: str, context: Mapping[str, Any]) -> str:
    """A plausible value for a computed text of a resource of this type."""
    lower = key.lower()
    module, _, kind = token.partition(":")[2].partition(":")[0].partition("/")
    if lower.endswith("arn"):
        # A parameter's name may begin with the slash that stands before it in the ARN.
        return fill("arn:aws:" + _form(token, module, kind, key), context).replace("//", "/")
    if lower == "ownerid":
        return str(context["account"])
    if lower.endswith(("date", "time", "lastmodified")):
        return MOMENT
    if lower.endswith(("url", "endpoint")):
        return fill(f"https://{{id}}.{module}.{{region}}.amazonaws.com", context)
    if "cidr" in lower:
        return "10.0.0.0/16"
    return f"{key}-{digest(str(context['id']) + key)[:10]}"


def _form(token: str, module: str, kind: str, key: str) -> str:
    current = token.replace(f":{module}/", f":{_SAME.get(module, module)}/", 1)
    own = f"{module}:{_HERE}{kind}/{{id}}"
    return _ARNS.get(current, own) if key == "arn" else own
