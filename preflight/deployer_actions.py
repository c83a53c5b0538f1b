"""What the provider asks of AWS for each type of resource: the actions, and where they apply.

After the create, read, update and delete calls of terraform-provider-aws, which pulumi-aws wraps, and AWS's service
authorization reference for what takes a resource. `{p}` is the stack's prefix, `{s}` the stack, `{a}`
`region:account`. Whoever deploys also calls the method, to test what was deployed.
"""

from __future__ import annotations

_REST = "apigateway:GET POST PUT PATCH DELETE"
_TAGS = "TagResource UntagResource ListTagsForResource"
_ENI = "DescribeNetworkInterfaces"
_EC2 = "arn:aws:ec2:{a}:*/*"
_LOGS = "arn:aws:logs:{a}:log-group:*"
_BUCKET = "arn:aws:s3:::{p}-*"

ACTIONS: dict[str, tuple[str, str]] = {
    "acm": (
        "acm:RequestCertificate DescribeCertificate DeleteCertificate UpdateCertificateOptions "
        "AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate", "arn:aws:acm:{a}:certificate/*"
    ),
    "apigateway": (_REST, "arn:aws:apigateway:{r}::/*"),
    "apigateway/method": ("execute-api:Invoke", "arn:aws:execute-api:{a}:*/{s}/POST/*"),
    "appautoscaling": (
        f"application-autoscaling:RegisterScalableTarget DeregisterScalableTarget PutScalingPolicy "
        f"DeleteScalingPolicy {_TAGS}",
        "arn:aws:application-autoscaling:{a}:scalable-target/*",
    ),
    "appautoscaling read": (
        "application-autoscaling:DescribeScalableTargets DescribeScalingPolicies DescribeScalingActivities", "*"
    ),
    "cloudfront": (
        "cloudfront:CreateDistribution GetDistribution GetDistributionConfig UpdateDistribution DeleteDistribution "
        f"AllowVendedLogDeliveryForResource {_TAGS}", "arn:aws:cloudfront::{n}:distribution/*"
    ),
    "cloudwatch/logDelivery": (
        f"logs:CreateDelivery GetDelivery UpdateDeliveryConfiguration DeleteDelivery {_TAGS}",
        "arn:aws:logs:{a}:delivery*:*",
    ),
    "cloudwatch/logDeliverySource": (
        f"logs:PutDeliverySource GetDeliverySource DeleteDeliverySource {_TAGS}",
        "arn:aws:logs:{a}:delivery-source:{p}-*",
    ),
    "cloudwatch/logDeliveryDestination": (
        f"logs:PutDeliveryDestination GetDeliveryDestination DeleteDeliveryDestination {_TAGS}",
        "arn:aws:logs:{a}:delivery-destination:{p}-*",
    ),
    "cloudwatch/metricAlarm": (
        f"cloudwatch:PutMetricAlarm DeleteAlarms DescribeAlarms {_TAGS}", "arn:aws:cloudwatch:{a}:alarm:{p}-*"
    ),
    "cloudwatch/dashboard": (
        "cloudwatch:PutDashboard GetDashboard DeleteDashboards", "arn:aws:cloudwatch::{n}:dashboard/{p}"
    ),
    "cloudwatch/contributorInsightRule": (
        f"cloudwatch:PutInsightRule DeleteInsightRules EnableInsightRules DisableInsightRules {_TAGS}",
        "arn:aws:cloudwatch:{a}:insight-rule/{p}-*",
    ),
    "cloudwatch/contributorInsightRule read": ("cloudwatch:DescribeInsightRules", "*"),
    "cloudwatch/logGroup": (
        "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey "
        f"DisassociateKmsKey PutLogGroupDeletionProtection {_TAGS}",
        _LOGS,
    ),
    "cloudwatch/logGroup read": ("logs:DescribeLogGroups", "*"),
    "cloudwatch/logDataProtectionPolicy": (
        "logs:PutDataProtectionPolicy GetDataProtectionPolicy DeleteDataProtectionPolicy", _LOGS
    ),
    "cloudwatch/logMetricFilter": ("logs:PutMetricFilter DeleteMetricFilter DescribeMetricFilters", _LOGS),
    "cloudwatch/logResourcePolicy": (
        "logs:PutResourcePolicy DeleteResourcePolicy DescribeResourcePolicies CreateLogDelivery GetLogDelivery "
        "UpdateLogDelivery DeleteLogDelivery ListLogDeliveries", "*"
    ),
    "cloudwatch/queryDefinition": (
        "logs:PutQueryDefinition DeleteQueryDefinition DescribeQueryDefinitions", "*"
    ),
    "cognito": (
        "cognito-idp:DescribeUserPool UpdateUserPool DeleteUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig "
        "CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient "
        "CreateResourceServer DescribeResourceServer UpdateResourceServer DeleteResourceServer "
        f"CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain {_TAGS}",
        "arn:aws:cognito-idp:{a}:userpool/*",
    ),
    "cognito read": ("cognito-idp:CreateUserPool DescribeUserPoolDomain", "*"),
    "codedeploy": (
        "codedeploy:CreateApplication DeleteApplication GetApplication UpdateApplication CreateDeploymentGroup "
        "GetDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup CreateDeployment GetDeployment "
        f"StopDeployment RegisterApplicationRevision GetApplicationRevision GetDeploymentConfig {_TAGS}",
        "arn:aws:codedeploy:{a}:*:{p}-*",
    ),
    "codedeploy read": ("codedeploy:GetDeploymentConfig", "arn:aws:codedeploy:{a}:deploymentconfig:*"),
    "ec2": (
        "ec2:CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute "
        "CreateRouteTable DeleteRouteTable AssociateRouteTable DisassociateRouteTable CreateSecurityGroup "
        "DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress "
        "RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules CreateVpcEndpoint "
        "ModifyVpcEndpoint DeleteVpcEndpoints CreateFlowLogs DeleteFlowLogs CreateTags DeleteTags", _EC2
    ),
    "ec2 read": (
        "ec2:DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeRouteTables DescribeSecurityGroups "
        f"DescribeSecurityGroupRules DescribeVpcEndpoints DescribeFlowLogs DescribeNetworkAcls {_ENI} "
        "DescribeAvailabilityZones DescribePrefixLists DescribeManagedPrefixLists", "*"
    ),
    "ecr": (
        "ecr:CreateRepository DescribeRepositories DeleteRepository PutImageScanningConfiguration "
        "PutImageTagMutability PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy TagResource "
        "UntagResource ListTagsForResource", "arn:aws:ecr:{a}:repository/{p}-*"
    ),
    "iam": (
        "iam:CreateRole GetRole UpdateRole DeleteRole TagRole UntagRole UpdateAssumeRolePolicy PutRolePolicy "
        "GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole "
        "PutRolePermissionsBoundary", "arn:aws:iam::{n}:role/{p}-*"
    ),
    "kms/key": (
        "kms:DescribeKey GetKeyPolicy PutKeyPolicy EnableKeyRotation DisableKeyRotation GetKeyRotationStatus "
        "EnableKey DisableKey UpdateKeyDescription ScheduleKeyDeletion ListResourceTags TagResource "
        "UntagResource CreateGrant CreateAlias UpdateAlias DeleteAlias Encrypt Decrypt GenerateDataKey",
        "arn:aws:kms:{a}:key/*",
    ),
    "kms/alias": ("kms:CreateAlias UpdateAlias DeleteAlias", "arn:aws:kms:{a}:alias/{p}*"),
    "kms read": ("kms:CreateKey ListAliases ListKeys", "*"),
    "lambda": (
        "lambda:CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode "
        "UpdateFunctionConfiguration DeleteFunction PublishVersion ListVersionsByFunction PutFunctionConcurrency "
        "GetFunctionConcurrency DeleteFunctionConcurrency PutFunctionCodeSigningConfig "
        "GetFunctionCodeSigningConfig DeleteFunctionCodeSigningConfig CreateAlias GetAlias UpdateAlias DeleteAlias "
        "AddPermission RemovePermission GetPolicy TagResource UntagResource ListTags",
        "arn:aws:lambda:{a}:function:{p}-*",
    ),
    "lambda/codeSigningConfig": (
        "lambda:CreateCodeSigningConfig GetCodeSigningConfig UpdateCodeSigningConfig DeleteCodeSigningConfig "
        "ListTags TagResource UntagResource", "*"
    ),
    "route53": (
        "route53:GetHostedZone ChangeResourceRecordSets ListResourceRecordSets", "arn:aws:route53:::hostedzone/*"
    ),
    "route53 read": ("route53:GetChange", "arn:aws:route53:::change/*"),
    "s3/bucket": (
        "s3:CreateBucket DeleteBucket ListBucket ListBucketVersions GetBucketLocation GetBucketAcl GetBucketCORS "
        "GetBucketWebsite GetAccelerateConfiguration GetBucketRequestPayment GetReplicationConfiguration "
        "GetBucketTagging PutBucketTagging GetLifecycleConfiguration PutLifecycleConfiguration GetBucketLogging "
        "PutBucketLogging GetBucketNotification PutBucketNotification GetBucketObjectLockConfiguration "
        "PutBucketObjectLockConfiguration GetBucketOwnershipControls PutBucketOwnershipControls GetBucketPolicy "
        "PutBucketPolicy DeleteBucketPolicy GetBucketPublicAccessBlock PutBucketPublicAccessBlock "
        "GetEncryptionConfiguration PutEncryptionConfiguration GetBucketVersioning PutBucketVersioning", _BUCKET
    ),
    "s3/bucketObjectv2": (
        "s3:PutObject GetObject GetObjectVersion GetObjectAttributes GetObjectTagging PutObjectTagging DeleteObject "
        "DeleteObjectVersion GetObjectRetention", f"{_BUCKET}/*"
    ),
    "sagemaker": (
        "sagemaker:CreateModel DescribeModel DeleteModel CreateEndpointConfig DescribeEndpointConfig "
        "DeleteEndpointConfig CreateEndpoint DescribeEndpoint UpdateEndpoint DeleteEndpoint "
        "UpdateEndpointWeightsAndCapacities AddTags DeleteTags ListTags", "arn:aws:sagemaker:{a}:*/*"
    ),
    "shield": (
        f"shield:CreateProtection DescribeProtection DeleteProtection {_TAGS}", "arn:aws:shield::{n}:protection/*"
    ),
    "shield/subscription": ("shield:CreateSubscription DescribeSubscription UpdateSubscription", "*"),
    "signer": (
        "signer:PutSigningProfile GetSigningProfile CancelSigningProfile StartSigningJob DescribeSigningJob "
        f"ListSigningJobs RevokeSignature {_TAGS}", "arn:aws:signer:{a}:*"
    ),
    "sns": (
        "sns:CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe "
        f"GetSubscriptionAttributes SetSubscriptionAttributes ListSubscriptionsByTopic {_TAGS}",
        "arn:aws:sns:{a}:{p}-*",
    ),
    "wafv2": (
        "wafv2:CreateWebACL GetWebACL UpdateWebACL DeleteWebACL CreateIPSet GetIPSet UpdateIPSet DeleteIPSet "
        "AssociateWebACL DisassociateWebACL GetWebACLForResource PutLoggingConfiguration GetLoggingConfiguration "
        f"DeleteLoggingConfiguration {_TAGS}", "arn:aws:wafv2:{a}:*/*"
    ),
    "wafv2/webAclAssociation": (
        "apigateway:SetWebACL", "arn:aws:apigateway:{r}::/restapis/*/stages/*"
    ),
}  # fmt: skip
"""By module, or module and type, of a resource; `... read` for what takes no resource."""

SAME_AS = {"vpc": "ec2"}
"""Modules whose resources another module's entry covers."""
PASSED_TO = (
    "apigateway.amazonaws.com", "application-autoscaling.amazonaws.com", "codedeploy.amazonaws.com",
    "lambda.amazonaws.com", "sagemaker.amazonaws.com", "vpc-flow-logs.amazonaws.com",
)  # fmt: skip
LINKED_ROLES = (
    "ops.apigateway.amazonaws.com", "sagemaker.application-autoscaling.amazonaws.com", "wafv2.amazonaws.com",
)  # fmt: skip
"""Services whose own roles AWS makes on first use."""
