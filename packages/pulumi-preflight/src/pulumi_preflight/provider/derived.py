"""AWS's own values that follow from what the program set on the same resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_preflight.provider.plausible import digest

Outputs = dict[str, Any]
Context = Mapping[str, Any]


def derived(token: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """The outputs to put in the place of those that the tables gave."""
    rule = _RULES.get(token)
    return rule(inputs, outputs, context) if rule else {}


def _function(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """A version is made only when the function is published; the hash of the code is the one declared."""
    values: Outputs = {}
    if inputs.get("publish") is not True:
        arn = f"{outputs['arn']}:$LATEST"
        invoke = f"arn:aws:apigateway:{context['region']}:lambda:path/2015-03-31/functions/{arn}/invocations"
        values |= {"version": "$LATEST", "qualifiedArn": arn, "qualifiedInvokeArn": invoke}
    if isinstance(inputs.get("sourceCodeHash"), str):
        values["codeSha256"] = inputs["sourceCodeHash"]
    if "loggingConfig" not in inputs:
        group = f"/aws/lambda/{outputs.get('name', '')}"
        values["loggingConfig"] = {
            "applicationLogLevel": "",
            "logFormat": "Text",
            "logGroup": group,
            "systemLogLevel": "",
        }
    return values


def _bucket(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """Object lock brings versioning with it; a website has an address."""
    values: Outputs = {}
    if inputs.get("website"):
        domain = f"s3-website-{context['region']}.amazonaws.com"
        values = {"websiteDomain": domain, "websiteEndpoint": f"{outputs['id']}.{domain}"}
    if inputs.get("objectLockEnabled") is not True:
        return values
    values["objectLockConfiguration"] = {"objectLockEnabled": "Enabled"}
    if "versioning" not in inputs:
        values["versioning"] = {"enabled": True, "mfaDelete": False}
    return values


def _signing_job(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """AWS Signer writes `<prefix><job>.zip` into the destination bucket."""
    target = (inputs.get("destination") or {}).get("s3") or {}
    place = {"bucket": target.get("bucket", ""), "key": f"{target.get('prefix', '')}{outputs['id']}.zip"}
    return {"signedObjects": [{"s3s": [place]}], "revocationRecords": []}


def _endpoint(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """An interface endpoint has an interface and an address in each subnet; a gateway has a prefix list."""
    if inputs.get("vpcEndpointType", "Gateway") == "Gateway":
        return {}
    subnets = [item for item in inputs.get("subnetIds") or () if isinstance(item, str)]
    service = str(inputs.get("serviceName", ""))
    host = f"{outputs['id']}-{context['hex7']}.{service.rpartition('.')[2]}.{context['region']}.vpce.amazonaws.com"
    return {
        "dnsEntries": [{"dnsName": host, "hostedZoneId": "Z7HUB22UULQXV"}],
        "networkInterfaceIds": sorted(f"eni-{digest(outputs['id'] + item)[:17]}" for item in subnets),
        "subnetConfigurations": [
            {"ipv4": f"10.64.0.{number + 10}", "ipv6": "", "subnetId": item}
            for number, item in enumerate(sorted(subnets))
        ],
        "prefixListId": None,
    }


def _firewall(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    """Capacity units: at least one for each rule."""
    return {"capacity": len(inputs.get("rules") or ())}


def _queue(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    return {} if "kmsMasterKeyId" not in inputs else {"sqsManagedSseEnabled": False}


def _subnet(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    zone = str(outputs.get("availabilityZone", ""))
    return {"availabilityZoneId": f"use1-az{ord(zone[-1]) - ord('a') + 1}"} if zone[-1:].islower() else {}


def _object(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> Outputs:
    return {"checksumSha256": context["hex40"]} if inputs.get("checksumAlgorithm") == "SHA256" else {}


_RULES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Context], Outputs]] = {
    "aws:lambda/function:Function": _function,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:signer/signingJob:SigningJob": _signing_job,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:wafv2/webAcl:WebAcl": _firewall,
    "aws:sqs/queue:Queue": _queue,
    "aws:ec2/subnet:Subnet": _subnet,
    "aws:s3/bucketObjectv2:BucketObjectv2": _object,
}
