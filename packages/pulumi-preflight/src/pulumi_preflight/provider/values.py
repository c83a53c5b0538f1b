"""AWS's own values: what comes back for a property that the program leaves out.

Source, where no other is named: the outputs of terraform-provider-aws 5.100 after a creation (recorded on the
real engine), corrected by the services' API references where an emulator answered. Everything that no table
names comes back empty ("", 0, false, []) or, in types that keep null, not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = "$json"
"""Marks a value that is written as a JSON document."""

_TOPIC_ACTIONS = (
    "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
    "ListSubscriptionsByTopic Publish"
).split()
_FLOW_FIELDS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status"
).split()

OWN: Mapping[str, Mapping[str, Any]] = {
    "aws:apigateway/account:Account": {
        "apiKeyVersion": "1",
        "throttleSettings": [{"burstLimit": 5000, "rateLimit": 10000}],
    },
    "aws:apigateway/methodSettings:MethodSettings": {
        "settings.cacheTtlInSeconds": 300,
        "settings.requireAuthorizationForCacheControl": True,
        "settings.unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    },
    "aws:apigateway/restApi:RestApi": {
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"ipAddressType": "", "types": "EDGE", "vpcEndpointIds": []},
    },
    "aws:apigateway/usagePlanKey:UsagePlanKey": {"name": "{keyId}", "value": "{hex40}"},
    "aws:apigatewayv2/integration:Integration": {
        "integrationResponseSelectionExpression": "",
        "timeoutMilliseconds": 30000,
    },
    "aws:apigatewayv2/stage:Stage": {
        "defaultRouteSettings": {
            "dataTraceEnabled": False,
            "detailedMetricsEnabled": False,
            "loggingLevel": "",
            "throttlingBurstLimit": 0,
            "throttlingRateLimit": 0,
        }
    },
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass": "STANDARD"},
    "aws:appsync/graphQLApi:GraphQLApi": {
        "uris": {
            "GRAPHQL": "https://{hex17}.appsync-api.{region}.amazonaws.com/graphql",
            "REALTIME": "wss://{hex17}.appsync-realtime-api.{region}.amazonaws.com/graphql",
        }
    },
    "aws:dynamodb/table:Table": {
        "billingMode": "PROVISIONED",
        "pointInTimeRecovery": {"enabled": False, "recoveryPeriodInDays": 0},
        "streamArn": "",
        "streamLabel": "",
        "tableClass": "STANDARD",
        "ttl": {"attributeName": "", "enabled": False},
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
        "name": "default",
        "namePrefix": "",
        "description": "default VPC security group",
    },
    "aws:ec2/flowLog:FlowLog": {"logFormat": " ".join(f"${{{{{name}}}}}" for name in _FLOW_FIELDS)},
    "aws:ec2/instance:Instance": {
        "associatePublicIpAddress": True,
        "availabilityZone": "{region}a",
        "creditSpecification": {"cpuCredits": "standard"},
        "instanceInitiatedShutdownBehavior": "stop",
        "instanceLifecycle": "",
        "instanceState": "running",
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIpv6": "disabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "optional",
            "instanceMetadataTags": "disabled",
        },
        "outpostArn": "",
        "passwordData": "",
        "primaryNetworkInterfaceId": "eni-{hex17}",
        "privateDns": "ip-10-0-0-10.ec2.internal",
        "privateIp": "10.0.0.10",
        "publicDns": "ec2-203-0-113-10.compute-1.amazonaws.com",
        "publicIp": "203.0.113.10",
        "rootBlockDevice": {
            "deleteOnTermination": True,
            "deviceName": "/dev/sda1",
            "encrypted": False,
            "iops": 0,
            "kmsKeyId": "",
            "tags": {},
            "tagsAll": {},
            "throughput": 0,
            "volumeId": "vol-{hex17}",
            "volumeSize": 8,
            "volumeType": "gp2",
        },
        "spotInstanceRequestId": "",
        "subnetId": "subnet-{hex17}",
        "tenancy": "default",
    },
    "aws:ec2/subnet:Subnet": {
        "availabilityZone": "{region}a",
        "availabilityZoneId": "use1-az1",
        "privateDnsHostnameTypeOnLaunch": "ip-name",
    },
    "aws:ec2/vpc:Vpc": {"dhcpOptionsId": "default"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"state": "available"},
    "aws:eks/cluster:Cluster": {
        "certificateAuthority": {"data": "{hex40}"},
        "createdAt": "{moment}",
        "identities": [{"oidcs": [{"issuer": "https://oidc.eks.{region}.amazonaws.com/id/{HEX17}"}]}],
        "kubernetesNetworkConfig": {
            "ipFamily": "",
            "serviceIpv4Cidr": "172.20.0.0/16",
            "serviceIpv6Cidr": "",
        },
        "platformVersion": "eks.4",
        "status": "ACTIVE",
        "version": "1.31",
    },
    "aws:eks/nodeGroup:NodeGroup": {
        "amiType": "AL2_x86_64",
        "capacityType": "ON_DEMAND",
        "diskSize": 20,
        "instanceTypes": ["t3.medium"],
        "releaseVersion": "1.31.0-20260101",
        "resources": [{"autoscalingGroups": [{"name": "eks-{uuid}"}], "remoteAccessSecurityGroupId": ""}],
        "status": "ACTIVE",
        "version": "1.31",
    },
    "aws:iam/accessKey:AccessKey": {"secret": "{hex40}", "sesSmtpPasswordV4": "{hex40}"},
    "aws:iam/user:User": {"uniqueId": "AIDA{HEX17}"},
    "aws:lambda/function:Function": {
        "architectures": ["x86_64"],
        "codeSha256": "{hex40}",
        "ephemeralStorage": {"size": 512},
        "sourceCodeSize": 1024,
        "tracingConfig": {"mode": "PassThrough"},
        "vpcConfig.vpcId": "vpc-{hex17}",
    },
    "aws:lambda/permission:Permission": {"statementId": "{id}", "statementIdPrefix": "terraform-"},
    "aws:s3/bucket:Bucket": {
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html: the owner has full control
        "grants": [{"id": "{hex40}", "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""}],
        "requestPayer": "BucketOwner",
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
        "serverSideEncryptionConfiguration": {
            "rule": {
                "applyServerSideEncryptionByDefault": {"kmsMasterKeyId": "", "sseAlgorithm": "AES256"},
                "bucketKeyEnabled": False,
            }
        },
        "versioning": {"enabled": False, "mfaDelete": False},
    },
    "aws:s3/bucketObject:BucketObject": {"etag": "{hex32}", "storageClass": "STANDARD", "versionId": ""},
    "aws:s3/bucketObjectv2:BucketObjectv2": {
        "checksumCrc32": "",
        "checksumCrc32c": "",
        "checksumCrc64nvme": "",
        "checksumSha1": "",
        "checksumSha256": "",
        "contentType": "application/octet-stream",
        "etag": "{hex32}",
        "storageClass": "STANDARD",
        "versionId": "{hex32}",
    },
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": {
        "websiteDomain": "s3-website-{region}.amazonaws.com",
        "websiteEndpoint": "{bucket}.s3-website-{region}.amazonaws.com",
    },
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {
        "dataCaptureConfig": {
            "captureOptions": [],
            "destinationS3Uri": "",
            "enableCapture": False,
            "initialSamplingPercentage": 0,
            "kmsKeyId": "",
        }
    },
    "aws:sagemaker/model:Model": {"vpcConfig": {"securityGroupIds": [], "subnets": []}},
    "aws:sfn/stateMachine:StateMachine": {
        "creationDate": "{moment}",
        "description": "",
        "encryptionConfiguration": {
            "kmsDataKeyReusePeriodSeconds": 0,
            "kmsKeyId": "",
            "type": "AWS_OWNED_KEY",
        },
        "loggingConfiguration": {"includeExecutionData": False, "level": "OFF", "logDestination": ""},
        "revisionId": "",
        "stateMachineVersionArn": "",
        "status": "ACTIVE",
        "tracingConfiguration": {"enabled": False},
    },
    "aws:signer/signingJob:SigningJob": {
        "completedAt": "{moment}",
        "createdAt": "{moment}",
        "jobInvoker": "{account}",
        "jobOwner": "{account}",
        "platformDisplayName": "AWS Lambda",
        "platformId": "AWSLambda-SHA384-ECDSA",
        "profileVersion": "{hex10}",
        "requestedBy": "arn:aws:iam::{account}:root",
        "signatureExpiresAt": "2037-04-01T00:00:00Z",
        "statusReason": "",
    },
    "aws:signer/signingProfile:SigningProfile": {"platformDisplayName": "AWS Lambda"},
    "aws:sns/topic:Topic": {
        "beginningArchiveTime": "",
        # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        "policy": {
            JSON: {
                "Version": "2008-10-17",
                "Id": "__default_policy_ID",
                "Statement": [
                    {
                        "Sid": "__default_statement_ID",
                        "Effect": "Allow",
                        "Principal": {"AWS": "*"},
                        "Action": [f"SNS:{action}" for action in _TOPIC_ACTIONS],
                        "Resource": "{arn}",
                        "Condition": {"StringEquals": {"AWS:SourceOwner": "{account}"}},
                    }
                ],
            }
        },
    },
    "aws:sns/topicSubscription:TopicSubscription": {"confirmationWasAuthenticated": True},
    "aws:sqs/queue:Queue": {
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
        "sqsManagedSseEnabled": True,
        "kmsDataKeyReusePeriodSeconds": 300,
    },
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    "aws:kms/key:Key": {
        "policy": {
            JSON: {
                "Version": "2012-10-17",
                "Id": "key-default-1",
                "Statement": [
                    {
                        "Sid": "Enable IAM User Permissions",
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::{account}:root"},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ],
            }
        }
    },
    "aws:wafv2/ipSet:IpSet": {"lockToken": "{uuid}"},
    "aws:wafv2/webAcl:WebAcl": {"lockToken": "{uuid}"},
}
"""By type and dotted path; texts may hold the placeholders of `templates`."""
