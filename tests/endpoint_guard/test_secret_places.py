"""Every property that the provider keeps secret is judged, or set aside with a reason."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

from endpoint_guard.rules.secrets_in_clear import _PLACES, _VARIABLES
from pulumi_preflight.provider import schema as provider
from pulumi_preflight.provider.schema import Property, schema

ASIDE: Final = {
    "aws:apigateway/apiKey:ApiKey": "api-key-generated judges it",
    "aws:appconfig/configurationProfile:ConfigurationProfile": "a schema, no secret",
    "aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion": "settings, few of them secret",
    "aws:appflow/connectorProfile:ConnectorProfile": "a map, and the retired Honeycode",
    "aws:cloudwatch/eventConnection:EventConnection": "parameters, few of them secret",
    "aws:directoryservice/sharedDirectory:SharedDirectory": "a note",
    "aws:dms/certificate:Certificate": "public",
    "aws:elasticsearch/domainSamlOptions:DomainSamlOptions": "a name",
    "aws:iot/authorizer:Authorizer": "public keys",
    "aws:iot/caCertificate:CaCertificate": "public",
    "aws:iot/certificate:Certificate": "public",
    "aws:kms/ciphertext:Ciphertext": "its purpose, and the program's own choice",
    "aws:opensearch/domainSamlOptions:DomainSamlOptions": "a name",
    "aws:pinpoint/admChannel:AdmChannel": "an id",
    "aws:pinpoint/apnsChannel:ApnsChannel": "ids and a certificate",
    "aws:pinpoint/apnsSandboxChannel:ApnsSandboxChannel": "ids and a certificate",
    "aws:pinpoint/apnsVoipChannel:ApnsVoipChannel": "ids and a certificate",
    "aws:pinpoint/apnsVoipSandboxChannel:ApnsVoipSandboxChannel": "ids and a certificate",
    "aws:quicksight/dataSource:DataSource": "a name",
    "aws:redshiftserverless/namespace:Namespace": "a name",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "AWS's support gives it for one change",
    "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2": "the same, under its older name",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "AWS's support gives it for one change",
    "aws:s3/objectCopy:ObjectCopy": "the name of a key, and a context that is logged",
    "aws:sns/platformApplication:PlatformApplication": "an id",
    "aws:ssm/maintenanceWindowTask:MaintenanceWindowTask": "inputs, few of them secret",
    "aws:transfer/certificate:Certificate": "public",
    "aws:transfer/server:Server": "banners",
    "aws:alb/listener:Listener": "judged under its current name",
    "aws:alb/listenerRule:ListenerRule": "judged under its current name",
}
"""Types of which a property that no rule reads holds no secret that stands in programs."""


def _kept(properties: Mapping[str, Property], before: str = "") -> Iterator[str]:
    for name, item in properties.items():
        if item.nested:
            yield from _kept(item.nested, f"{before}{name}.")
        elif item.settable and item.sensitive:
            yield before + name


def test_every_property_that_the_provider_keeps_secret_is_judged_or_set_aside() -> None:
    unread = {}
    with zipfile.ZipFile(provider._FILE) as content:
        services = [json.loads(content.read(name)) for name in content.namelist() if name != "source"]
    for token in (token for service in services for token in service if token.startswith("aws:")):
        known = schema(token)
        read = {*_PLACES.get(token, ()), *_VARIABLES.get(token, ())}
        missing = set(_kept(known.properties)) - read if known else set()
        if missing and token not in ASIDE:
            unread[token] = sorted(missing)

    assert unread == {}


def test_every_place_of_a_secret_is_a_property_of_the_provider() -> None:
    for token, paths in _PLACES.items():
        known = schema(token)
        assert known is not None, token
        for path in paths:
            properties: Mapping[str, Property] = known.properties
            for step in path.split("."):
                assert step in properties, f"{token}: {path}"
                if properties[step].kind == "map":
                    break
                properties = properties[step].nested
