"""The forms of ids, ARNs and addresses in AWS, by resource type."""

from __future__ import annotations

from collections.abc import Mapping

_EXECUTE = "arn:aws:execute-api:{region}:{account}:"
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
_FUNCTION = "arn:aws:lambda:{region}:{account}:function:"

IDS: Mapping[str, str] = {
    "aws:kms/key:Key": "{uuid}",
    "aws:kms/alias:Alias": "{name}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "aws:s3/bucketV2:BucketV2": "{bucket}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "{key}",
    "aws:s3/bucketPolicy:BucketPolicy": "{bucket}",
    "aws:s3/bucketVersioning:BucketVersioning": "{bucket}",
    "aws:s3/bucketLogging:BucketLogging": "{bucket}",
    "aws:s3/bucketNotification:BucketNotification": "{bucket}",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "{bucket}",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "{bucket}",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "{bucket}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}-2026{digits}",
    "aws:lambda/permission:Permission": "terraform-2026{digits}",
    "aws:apigateway/account:Account": "api-gateway-account",
    "aws:apigateway/response:Response": "aggr-{restApiId}-{responseType}",
    "aws:apigatewayv2/api:Api": "{hex10}",
    "aws:apigatewayv2/integration:Integration": "{hex7}",
    "aws:apigatewayv2/route:Route": "{hex7}",
    "aws:appautoscaling/target:Target": "{resourceId}",
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy": "{logGroupName}",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "{policyName}",
    "aws:ec2/instance:Instance": "i-{hex17}",
    "aws:ec2/internetGateway:InternetGateway": "igw-{hex17}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "rtbassoc-{hex17}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:iam/accessKey:AccessKey": "AKIA{HEX17}",
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "aws:lambda/codeSigningConfig:CodeSigningConfig": (
        "arn:aws:lambda:{region}:{account}:code-signing-config:csc-{hex17}"
    ),
    "aws:s3/bucketObject:BucketObject": "{key}",
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": "{bucket}",
    "aws:sfn/stateMachine:StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "aws:sns/topicPolicy:TopicPolicy": "{arn}",
    "aws:sqs/queue:Queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    "aws:wafv2/webAclAssociation:WebAclAssociation": "{webAclArn},{resourceArn}",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "{resourceArn}",
    "aws:lambda/function:Function": "{name}",
    "aws:lambda/alias:Alias": _FUNCTION + "{functionName}:{name}",
    "aws:apigateway/restApi:RestApi": "{hex10}",
    "aws:apigateway/resource:Resource": "{hex6}",
    "aws:apigateway/model:Model": "{hex6}",
    "aws:apigateway/requestValidator:RequestValidator": "{hex6}",
    "aws:apigateway/method:Method": "agm-{restApi}-{resourceId}-{httpMethod}",
    "aws:apigateway/integration:Integration": "agi-{restApi}-{resourceId}-{httpMethod}",
    "aws:apigateway/methodSettings:MethodSettings": "{restApi}-{stageName}-{methodPath}",
    "aws:apigateway/usagePlanKey:UsagePlanKey": "{keyId}",
    "aws:apigateway/apiKey:ApiKey": "{hex10}",
    "aws:apigateway/usagePlan:UsagePlan": "{hex6}",
    "aws:apigateway/deployment:Deployment": "{hex6}",
    "aws:apigateway/stage:Stage": "ags-{restApi}-{stageName}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:cloudwatch/dashboard:Dashboard": "{dashboardName}",
    "aws:ec2/vpc:Vpc": "vpc-{hex17}",
    "aws:ec2/subnet:Subnet": "subnet-{hex17}",
    "aws:ec2/securityGroup:SecurityGroup": "sg-{hex17}",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "sg-{hex17}",
    "aws:ec2/routeTable:RouteTable": "rtb-{hex17}",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce-{hex17}",
    "aws:ec2/flowLog:FlowLog": "fl-{hex17}",
    "aws:ec2/networkAcl:NetworkAcl": "acl-{hex17}",
    "aws:sagemaker/model:Model": "{name}",
    "aws:sagemaker/endpoint:Endpoint": "{name}",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "{name}",
    "aws:signer/signingJob:SigningJob": "{uuid}",
    "aws:wafv2/ipSet:IpSet": "{uuid}",
    "aws:sns/topicSubscription:TopicSubscription": "{topic}:{uuid}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:wafv2/webAcl:WebAcl": "{uuid}",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr-{hex17}",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr-{hex17}",
}

_BUCKET: Mapping[str, str] = {
    "arn": "arn:aws:s3:::{id}",
    "bucketDomainName": "{id}.s3.amazonaws.com",
    "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
    "bucketRegion": "{region}",
    "hostedZoneId": "Z3AQBSTGFYJSTF",
    "websiteDomain": "",
    "websiteEndpoint": "",
}

# Templates see the resource's plain inputs, its id, name, region, account, and what was made up before.
OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "aws:kms/key:Key": {"keyId": "{id}", "arn": "arn:aws:kms:{region}:{account}:key/{id}"},
    "aws:kms/alias:Alias": {
        "arn": "arn:aws:kms:{region}:{account}:{name}",
        "targetKeyArn": "arn:aws:kms:{region}:{account}:key/{targetKeyId}",
    },
    "aws:s3/bucket:Bucket": _BUCKET,
    "aws:s3/bucketV2:BucketV2": _BUCKET,
    "aws:s3/bucketObject:BucketObject": {"arn": "arn:aws:s3:::{bucket}/{key}"},
    "aws:s3/bucketObjectv2:BucketObjectv2": {"arn": "arn:aws:s3:::{bucket}/{key}"},
    "aws:iam/role:Role": {"arn": "arn:aws:iam::{account}:role/{name}", "uniqueId": "AROA{HEX17}"},
    "aws:iam/policy:Policy": {"arn": "arn:aws:iam::{account}:policy/{name}", "policyId": "ANPA{HEX17}"},
    "aws:lambda/function:Function": {
        "arn": _FUNCTION + "{name}",
        "version": "1",
        "qualifiedArn": "{arn}:1",
        "invokeArn": _INVOKE + "{arn}/invocations",
        "qualifiedInvokeArn": _INVOKE + "{qualifiedArn}/invocations",
        "signingJobArn": "",
        "signingProfileVersionArn": "",
    },
    "aws:lambda/alias:Alias": {
        "arn": _FUNCTION + "{functionName}:{name}",
        "invokeArn": _INVOKE + "{arn}/invocations",
    },
    "aws:apigateway/restApi:RestApi": {
        "arn": "arn:aws:apigateway:{region}::/restapis/{id}",
        "executionArn": _EXECUTE + "{id}",
        "rootResourceId": "{hex10}",
    },
    "aws:apigateway/resource:Resource": {"path": "/{pathPart}"},
    "aws:apigateway/stage:Stage": {
        "arn": "arn:aws:apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
        "executionArn": _EXECUTE + "{restApi}/{stageName}",
        "invokeUrl": "https://{restApi}.execute-api.{region}.amazonaws.com/{stageName}",
        "webAclArn": "",
    },
    "aws:apigateway/apiKey:ApiKey": {"arn": "arn:aws:apigateway:{region}::/apikeys/{id}", "value": "{hex40}"},
    "aws:apigateway/usagePlan:UsagePlan": {"arn": "arn:aws:apigateway:{region}::/usageplans/{id}"},
    "aws:cloudwatch/logGroup:LogGroup": {"arn": "arn:aws:logs:{region}:{account}:log-group:{name}"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"},
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{dashboardName}"
    },
    "aws:sns/topic:Topic": {"arn": "{id}", "owner": "{account}"},
    "aws:wafv2/webAcl:WebAcl": {
        "arn": "arn:aws:wafv2:{region}:{account}:regional/webacl/{name}/{id}",
        "applicationIntegrationUrl": "",
    },
    "aws:wafv2/ipSet:IpSet": {"arn": "arn:aws:wafv2:{region}:{account}:regional/ipset/{name}/{id}"},
    "aws:sagemaker/model:Model": {"arn": "arn:aws:sagemaker:{region}:{account}:model/{name}"},
    "aws:sagemaker/endpoint:Endpoint": {"arn": "arn:aws:sagemaker:{region}:{account}:endpoint/{name}"},
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {
        "arn": "arn:aws:sagemaker:{region}:{account}:endpoint-config/{name}"
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
        "prefixListId": "pl-{hex17}",
    },
    "aws:ec2/vpc:Vpc": {
        "defaultNetworkAclId": "acl-{hex17}",
        "defaultRouteTableId": "rtb-{hex17}",
        "mainRouteTableId": "rtb-{hex17}",
        "defaultSecurityGroupId": "sg-{hex17}",
        "ipv6AssociationId": "",
    },
    "aws:ec2/securityGroup:SecurityGroup": {
        "arn": "arn:aws:ec2:{region}:{account}:security-group/{id}",
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
        "arn": "arn:aws:ec2:{region}:{account}:security-group/{id}",
        "name": "default",
        "namePrefix": "",
        "description": "default VPC security group",
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
        "arn": "arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
        "securityGroupRuleId": "{id}",
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
        "arn": "arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
        "securityGroupRuleId": "{id}",
    },
    "aws:signer/signingProfile:SigningProfile": {
        "arn": "arn:aws:signer:{region}:{account}:/signing-profiles/{name}",
        "version": "{hex10}",
        "versionArn": "{arn}/{version}",
        "status": "Active",
    },
    "aws:signer/signingJob:SigningJob": {"jobId": "{id}", "status": "Succeeded"},
    "aws:lambda/codeSigningConfig:CodeSigningConfig": {
        "configId": "csc-{hex17}",
        "arn": "{id}",
    },
    "aws:sns/topicSubscription:TopicSubscription": {"arn": "{id}"},
    "aws:apigatewayv2/api:Api": {
        "arn": "arn:aws:apigateway:{region}::/apis/{id}",
        "executionArn": _EXECUTE + "{id}",
        "apiEndpoint": "https://{id}.execute-api.{region}.amazonaws.com",
    },
    "aws:apigatewayv2/stage:Stage": {
        "arn": "arn:aws:apigateway:{region}::/apis/{apiId}/stages/{name}",
        "executionArn": _EXECUTE + "{apiId}/{name}",
        "invokeUrl": "https://{apiId}.execute-api.{region}.amazonaws.com/{name}",
    },
    "aws:appautoscaling/policy:Policy": {
        "arn": "arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}:"
        "resource/{serviceNamespace}/{resourceId}:policyName/{name}",
    },
    "aws:appautoscaling/target:Target": {
        "arn": "arn:aws:application-autoscaling:{region}:{account}:scalable-target/{hex17}",
    },
    "aws:ec2/flowLog:FlowLog": {"arn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"},
    "aws:ec2/internetGateway:InternetGateway": {
        "arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}"
    },
    "aws:ec2/routeTable:RouteTable": {"arn": "arn:aws:ec2:{region}:{account}:route-table/{id}"},
    "aws:eks/cluster:Cluster": {
        "arn": "arn:aws:eks:{region}:{account}:cluster/{name}",
        "endpoint": "https://{HEX17}.gr7.{region}.eks.amazonaws.com",
    },
    "aws:eks/nodeGroup:NodeGroup": {
        "arn": "arn:aws:eks:{region}:{account}:nodegroup/{clusterName}/{nodeGroupName}/{uuid}",
    },
    "aws:iam/user:User": {"arn": "arn:aws:iam::{account}:user/{name}"},
    "aws:sfn/stateMachine:StateMachine": {"arn": "{id}"},
    "aws:sqs/queue:Queue": {"arn": "arn:aws:sqs:{region}:{account}:{name}", "url": "{id}"},
    "aws:sns/topicPolicy:TopicPolicy": {"owner": "{account}"},
    "aws:ec2/subnet:Subnet": {"ipv6CidrBlockAssociationId": ""},
}
# Optional inputs that AWS chooses and programs read.
CHOSEN = frozenset({("aws:apigateway/apiKey:ApiKey", "value")})
NAMED_BY: Mapping[str, str] = {"aws:s3/bucket:Bucket": "bucket", "aws:s3/bucketV2:BucketV2": "bucket"}
NAME_PREFIX: Mapping[str, str] = {"aws:kms/alias:Alias": "alias/"}
# Computed maps of which programs read single entries.
MAPS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("aws:appsync/graphQLApi:GraphQLApi", "uris"): {
        "GRAPHQL": "https://placeholder.appsync-api.us-east-1.amazonaws.com/graphql",
        "REALTIME": "wss://placeholder.appsync-realtime-api.us-east-1.amazonaws.com/graphql",
    },
}
