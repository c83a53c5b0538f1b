"""The type tokens that the rules speak of, in the spelling of pulumi-aws 7."""

from __future__ import annotations

from typing import Final


def _aws(module: str, name: str) -> str:
    return f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"


REST_API: Final = _aws("apigateway", "RestApi")
REST_API_POLICY: Final = _aws("apigateway", "RestApiPolicy")
REST_API_PUT: Final = _aws("apigateway", "RestApiPut")
API_RESOURCE: Final = _aws("apigateway", "Resource")
API_MODEL: Final = _aws("apigateway", "Model")
VALIDATOR: Final = _aws("apigateway", "RequestValidator")
METHOD: Final = _aws("apigateway", "Method")
INTEGRATION: Final = _aws("apigateway", "Integration")
INTEGRATION_RESPONSE: Final = _aws("apigateway", "IntegrationResponse")
DEPLOYMENT: Final = _aws("apigateway", "Deployment")
STAGE: Final = _aws("apigateway", "Stage")
METHOD_SETTINGS: Final = _aws("apigateway", "MethodSettings")
API_KEY: Final = _aws("apigateway", "ApiKey")
USAGE_PLAN: Final = _aws("apigateway", "UsagePlan")
USAGE_PLAN_KEY: Final = _aws("apigateway", "UsagePlanKey")
API_ACCOUNT: Final = _aws("apigateway", "Account")
AUTHORIZER: Final = _aws("apigateway", "Authorizer")
DOMAIN_NAME: Final = _aws("apigateway", "DomainName")
BASE_PATH_MAPPING: Final = _aws("apigateway", "BasePathMapping")

WEB_ACL: Final = _aws("wafv2", "WebAcl")
WEB_ACL_RULE: Final = _aws("wafv2", "WebAclRule")
WEB_ACL_GROUP: Final = _aws("wafv2", "WebAclRuleGroupAssociation")
WEB_ACL_ASSOCIATION: Final = _aws("wafv2", "WebAclAssociation")
WEB_ACL_LOGGING: Final = _aws("wafv2", "WebAclLoggingConfiguration")
RULE_GROUP: Final = _aws("wafv2", "RuleGroup")

FUNCTION: Final = _aws("lambda", "Function")
FUNCTION_ALIAS: Final = _aws("lambda", "Alias")
FUNCTION_URL: Final = _aws("lambda", "FunctionUrl")
PERMISSION: Final = _aws("lambda", "Permission")
EVENT_INVOKE: Final = _aws("lambda", "FunctionEventInvokeConfig")
EVENT_SOURCE: Final = _aws("lambda", "EventSourceMapping")
CODE_SIGNING: Final = _aws("lambda", "CodeSigningConfig")

MODEL: Final = _aws("sagemaker", "Model")
ENDPOINT: Final = _aws("sagemaker", "Endpoint")
ENDPOINT_CONFIG: Final = _aws("sagemaker", "EndpointConfiguration")
SCALING_TARGET: Final = _aws("appautoscaling", "Target")
SCALING_POLICY: Final = _aws("appautoscaling", "Policy")

KEY: Final = _aws("kms", "Key")
KEY_POLICY: Final = _aws("kms", "KeyPolicy")
KEY_ALIAS: Final = _aws("kms", "Alias")
GRANT: Final = _aws("kms", "Grant")

BUCKET: Final = _aws("s3", "Bucket")
BUCKET_V2: Final = _aws("s3", "BucketV2")
BUCKET_ACL: Final = _aws("s3", "BucketAcl")
BUCKET_BLOCK: Final = _aws("s3", "BucketPublicAccessBlock")
BUCKET_OWNERSHIP: Final = _aws("s3", "BucketOwnershipControls")
BUCKET_ENCRYPTION: Final = _aws("s3", "BucketServerSideEncryptionConfiguration")
BUCKET_VERSIONING: Final = _aws("s3", "BucketVersioning")
BUCKET_LOGGING: Final = _aws("s3", "BucketLogging")
BUCKET_LIFECYCLE: Final = _aws("s3", "BucketLifecycleConfiguration")
BUCKET_LOCK: Final = _aws("s3", "BucketObjectLockConfiguration")
BUCKET_POLICY: Final = _aws("s3", "BucketPolicy")
BUCKET_OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"
BUCKET_NOTIFICATION: Final = _aws("s3", "BucketNotification")
BUCKET_OBJECT_OLD: Final = _aws("s3", "BucketObject")

ROLE: Final = _aws("iam", "Role")
ROLE_POLICY: Final = _aws("iam", "RolePolicy")
ROLE_ATTACHMENT: Final = _aws("iam", "RolePolicyAttachment")
POLICY: Final = _aws("iam", "Policy")
POLICY_ATTACHMENT: Final = _aws("iam", "PolicyAttachment")
USER: Final = _aws("iam", "User")
USER_POLICY: Final = _aws("iam", "UserPolicy")
USER_ATTACHMENT: Final = _aws("iam", "UserPolicyAttachment")
ACCESS_KEY: Final = _aws("iam", "AccessKey")
LOGIN_PROFILE: Final = _aws("iam", "UserLoginProfile")

LOG_GROUP: Final = _aws("cloudwatch", "LogGroup")
LOG_RESOURCE_POLICY: Final = _aws("cloudwatch", "LogResourcePolicy")
LOG_FILTER: Final = _aws("cloudwatch", "LogSubscriptionFilter")
LOG_DATA_PROTECTION: Final = _aws("cloudwatch", "LogDataProtectionPolicy")
ALARM: Final = _aws("cloudwatch", "MetricAlarm")
COMPOSITE_ALARM: Final = _aws("cloudwatch", "CompositeAlarm")
TOPIC: Final = _aws("sns", "Topic")
TOPIC_POLICY: Final = _aws("sns", "TopicPolicy")
SUBSCRIPTION: Final = _aws("sns", "TopicSubscription")
QUEUE: Final = _aws("sqs", "Queue")
QUEUE_POLICY: Final = _aws("sqs", "QueuePolicy")
SECRET: Final = _aws("secretsmanager", "Secret")
SECRET_POLICY: Final = _aws("secretsmanager", "SecretPolicy")
SECRET_ROTATION: Final = _aws("secretsmanager", "SecretRotation")
PARAMETER: Final = _aws("ssm", "Parameter")
REDRIVE: Final = _aws("sqs", "RedrivePolicy")
FIREHOSE: Final = _aws("kinesis", "FirehoseDeliveryStream")
CERTIFICATE: Final = _aws("acm", "Certificate")

VPC: Final = _aws("ec2", "Vpc")
SUBNET: Final = _aws("ec2", "Subnet")
ROUTE: Final = _aws("ec2", "Route")
ROUTE_TABLE: Final = _aws("ec2", "RouteTable")
ROUTE_TABLE_ASSOCIATION: Final = _aws("ec2", "RouteTableAssociation")
SECURITY_GROUP: Final = _aws("ec2", "SecurityGroup")
DEFAULT_SECURITY_GROUP: Final = _aws("ec2", "DefaultSecurityGroup")
GROUP_RULE: Final = _aws("ec2", "SecurityGroupRule")
GROUP_INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP_EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VPC_ENDPOINT: Final = _aws("ec2", "VpcEndpoint")
VPC_ENDPOINT_POLICY: Final = _aws("ec2", "VpcEndpointPolicy")
FLOW_LOG: Final = _aws("ec2", "FlowLog")

NETWORK_ACL: Final = _aws("ec2", "NetworkAcl")
NETWORK_ACL_RULE: Final = _aws("ec2", "NetworkAclRule")
DEFAULT_VPC: Final = _aws("ec2", "DefaultVpc")
ENDPOINT_SERVICE: Final = _aws("ec2", "VpcEndpointService")

HTTP_ROUTE: Final = _aws("apigatewayv2", "Route")
HTTP_STAGE: Final = _aws("apigatewayv2", "Stage")
HTTP_DOMAIN: Final = _aws("apigatewayv2", "DomainName")
HTTP_INTEGRATION: Final = _aws("apigatewayv2", "Integration")

NOTEBOOK: Final = _aws("sagemaker", "NotebookInstance")
NOTEBOOK_SCRIPT: Final = _aws("sagemaker", "NotebookInstanceLifecycleConfiguration")
ACCESS_POINT: Final = _aws("s3", "AccessPoint")
BUCKET_WEBSITE: Final = _aws("s3", "BucketWebsiteConfiguration")
EVENT_TARGET: Final = _aws("cloudwatch", "EventTarget")
SCHEDULE: Final = _aws("scheduler", "Schedule")

PROVIDER: Final = "pulumi:providers:aws"
