"""The clients of the API: for each a usage plan, its keys, and a count of its requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.log_group import SecureLogGroup
from components.site import Site
from components.watched import usage_metric
from model import histograms
from settings import Client
from settings.access import FIRST_KEY


@dataclass(frozen=True)
class Keys:
    """Ids and values of all keys, by client, or by client and label for a later key of a client."""

    ids: Mapping[str, pulumi.Output[str]]
    values: Mapping[str, pulumi.Output[str]]


@dataclass(frozen=True)
class Door:
    """What the plans are for: one method of one stage, and the log that says who called it."""

    rest: aws.apigateway.RestApi
    stage: aws.apigateway.Stage
    path: str
    access_log: SecureLogGroup


def declare(
    name: str, site: Site, clients: Sequence[Client], door: Door, child: pulumi.ResourceOptions
) -> Keys:
    """Plan, keys and count of each client, named after the component `name`."""
    ids: dict[str, pulumi.Output[str]] = {}
    values: dict[str, pulumi.Output[str]] = {}
    for client in clients:
        plan = _plan(f"{name}-{client.name}", site, client, door, child)
        own = []
        for key in client.keys:
            title = client.name if key == FIRST_KEY else f"{client.name}-{key}"
            made = _key(f"{name}-{title}", f"{site.prefix}-{title}", site, client, plan, child)
            ids[title], values[title] = made.id, pulumi.Output.secret(made.value)
            own.append(made.id)
        _count(f"{name}-{client.name}", site, client, own, door, child)
    return Keys(ids, values)


def _key(
    label: str,
    title: str,
    site: Site,
    client: Client,
    plan: aws.apigateway.UsagePlan,
    child: pulumi.ResourceOptions,
) -> aws.apigateway.ApiKey:
    api_key = aws.apigateway.ApiKey(
        label,
        name=title,
        description=f"Identifies and meters {client.name}; a request is authenticated by its signature",
        enabled=True,
        tags=site.tags,
        opts=child,
    )
    aws.apigateway.UsagePlanKey(
        label, key_id=api_key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=child
    )
    return api_key


def _plan(
    label: str, site: Site, client: Client, door: Door, child: pulumi.ResourceOptions
) -> aws.apigateway.UsagePlan:
    limits = {"rate_limit": client.rate, "burst_limit": client.burst}
    return aws.apigateway.UsagePlan(
        label,
        name=f"{site.prefix}-{client.name}",
        description=f"The share of {client.name}",
        api_stages=[
            {
                "api_id": door.rest.id,
                "stage": door.stage.stage_name,
                "throttles": [{"path": door.path, **limits}],
            }
        ],
        throttle_settings=limits,
        quota_settings={"limit": client.daily_quota, "period": "DAY"},
        tags=site.tags,
        opts=child,
    )


def _count(
    label: str,
    site: Site,
    client: Client,
    keys: Sequence[pulumi.Output[str]],
    door: Door,
    child: pulumi.ResourceOptions,
) -> None:
    """Requests that used up the quota, whatever their answer; API Gateway itself publishes no figure for a key."""
    any_key = pulumi.Output.all(*keys).apply(lambda ids: " || ".join(f'$.apiKeyId = "{id_}"' for id_ in ids))
    aws.cloudwatch.LogMetricFilter(
        label,
        name=usage_metric(site, client),
        log_group_name=door.access_log.name,
        pattern=pulumi.Output.concat("{ (", any_key, ') && $.status != "429" }'),
        metric_transformation={
            "name": usage_metric(site, client),
            "namespace": histograms.NAMESPACE,
            "value": "1",
            "default_value": "0",
        },
        opts=child,
    )
