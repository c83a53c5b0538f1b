"""AlarmTopic and Observability: who is told what goes wrong, and a page to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components import documents
from components.drift import DAY_SECONDS, Derived
from components.encryption import EncryptionKey
from components.site import Site
from settings import Alarms

_MINUTES = 60


class AlarmTopic(pulumi.ComponentResource):
    """An encrypted topic that CloudWatch alone may publish to, with the address that is told."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        site: Site,
        alarms: Alarms,
        *,
        key: EncryptionKey,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:observability:AlarmTopic", name, {"topic": site.topic_name}, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            name,
            name=site.topic_name,
            display_name=f"Alarms of {site.prefix}",
            kms_master_key_id=key.arn,
            signature_version=2,
            tags=site.tags,
            opts=child,
        )
        aws.sns.TopicPolicy(name, arn=topic.arn, policy=_topic_policy(site), opts=child)
        if alarms.email is not None:
            aws.sns.TopicSubscription(
                name, topic=topic.arn, protocol="email", endpoint=alarms.email, opts=child
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True)
class Watched:
    """One metric of a minute and when it is too much. `statistic` is Sum, Average or a percentile such as p99."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    threshold: float
    means: str


class Observability(pulumi.ComponentResource):
    """The alarms of the stack, each with the topic as its action, and a dashboard of the same metrics."""

    dashboard_url: str

    def __init__(
        self,
        name: str,
        site: Site,
        *,
        topic: AlarmTopic,
        watched: Mapping[str, Watched | Derived],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:observability:Observability", name, {"alarms": list(watched)}, opts)
        child = pulumi.ResourceOptions(parent=self)
        for label, watch in watched.items():
            aws.cloudwatch.MetricAlarm(
                f"{name}-{label}",
                name=f"{site.prefix}-{label}",
                alarm_description=watch.means,
                threshold=watch.threshold,
                comparison_operator="GreaterThanThreshold",
                treat_missing_data="notBreaching",
                actions_enabled=True,
                alarm_actions=[topic.arn],
                ok_actions=[topic.arn],
                tags=site.tags,
                opts=child,
                **(_computed(watch) if isinstance(watch, Derived) else _measured(watch)),
            )
        aws.cloudwatch.Dashboard(
            name, dashboard_name=site.prefix, dashboard_body=_dashboard(site, watched), opts=child
        )
        console = f"https://{site.region}.console.aws.amazon.com/cloudwatch/home"
        self.dashboard_url = f"{console}?region={site.region}#dashboards/dashboard/{site.prefix}"
        self.register_outputs({"dashboardUrl": self.dashboard_url})


def serving_metrics(
    site: Site, *, api: str, function: str, endpoint: str, firewall: str
) -> dict[str, Watched]:
    """What is watched of an API, its function, its endpoint and its firewall. Latencies in the metric's own unit."""
    gateway = {"ApiName": api, "Stage": site.stage}
    lambda_, variant = {"FunctionName": function}, {"EndpointName": endpoint, "VariantName": "primary"}
    waf = {"WebACL": firewall, "Region": site.region, "Rule": "ALL"}
    return {
        "api-5xx": Watched("AWS/ApiGateway", "5XXError", gateway, "Sum", 5, "The API answers with errors"),
        "api-4xx": Watched("AWS/ApiGateway", "4XXError", gateway, "Sum", 100, "Many requests are refused"),
        "api-latency": Watched("AWS/ApiGateway", "Latency", gateway, "p99", 1000, "Callers wait over a second"),
        "function-errors": Watched("AWS/Lambda", "Errors", lambda_, "Sum", 1, "The function fails"),
        "function-throttles": Watched("AWS/Lambda", "Throttles", lambda_, "Sum", 1, "The function is at its limit"),
        "model-5xx": Watched("AWS/SageMaker", "Invocation5XXErrors", variant, "Sum", 1, "The model fails"),
        "model-latency": Watched("AWS/SageMaker", "ModelLatency", variant, "p99", 200_000, "The model is slow"),
        "firewall-blocked": Watched("AWS/WAFV2", "BlockedRequests", waf, "Sum", 500, "Many requests are blocked"),
    }  # fmt: skip


def _measured(watch: Watched) -> dict[str, Any]:
    """Alarm arguments: two of three minutes."""
    percentile = watch.statistic.startswith("p")
    return {
        "namespace": watch.namespace,
        "metric_name": watch.metric,
        "dimensions": dict(watch.dimensions),
        "statistic": None if percentile else watch.statistic,
        "extended_statistic": watch.statistic if percentile else None,
        "evaluation_periods": 3,
        "datapoints_to_alarm": 2,
        "period": _MINUTES,
    }


def _computed(watch: Derived) -> dict[str, Any]:
    """Alarm arguments: one day, for the hours of a day differ by nature."""
    figure = list(watch.steps)[-1]
    steps = [
        {"id": step, "expression": expression, "label": step, "return_data": step == figure}
        for step, expression in watch.steps.items()
    ]
    metrics = [
        {
            "id": id_,
            "return_data": False,
            "metric": {
                "namespace": watch.namespace,
                "metric_name": name,
                "dimensions": dict(watch.dimensions),
                "stat": statistic,
                "period": DAY_SECONDS,
            },
        }
        for id_, (name, statistic) in watch.metrics.items()
    ]
    return {"evaluation_periods": 1, "metric_queries": [*steps, *metrics]}


def _topic_policy(site: Site) -> str:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    return documents.policy(
        [
            documents.allow(
                "AlarmsPublish",
                ["sns:Publish"],
                site.topic_arn,
                Principal={"Service": "cloudwatch.amazonaws.com"},
                Condition={"StringEquals": {"aws:SourceAccount": site.account}},
            ),
            documents.deny("TlsOnly", ["sns:Publish"], site.topic_arn, Principal="*", Condition=insecure),
        ]
    )


def _dashboard(site: Site, watched: Mapping[str, Watched | Derived]) -> str:
    """Two graphs in a row, one for each watched metric."""
    widgets = []
    for place, (label, watch) in enumerate(watched.items()):
        widgets.append(
            {
                "type": "metric",
                "x": 12 * (place % 2),
                "y": 6 * (place // 2),
                "width": 12,
                "height": 6,
                "properties": {
                    "title": label,
                    "region": site.region,
                    **_plotted(watch),
                    "annotations": {"horizontal": [{"label": "alarm", "value": watch.threshold}]},
                },
            }
        )
    return json.dumps({"widgets": widgets}, sort_keys=True)


def _plotted(watch: Watched | Derived) -> dict[str, Any]:
    dimensions = [part for pair in watch.dimensions.items() for part in pair]
    if isinstance(watch, Watched):
        return {
            "metrics": [[watch.namespace, watch.metric, *dimensions]],
            "stat": watch.statistic,
            "period": _MINUTES,
        }
    figure = list(watch.steps)[-1]
    return {
        "metrics": [
            *([{"id": step, "expression": e, "visible": step == figure}] for step, e in watch.steps.items()),
            *(
                [watch.namespace, name, *dimensions, {"id": id_, "stat": statistic, "visible": False}]
                for id_, (name, statistic) in watch.metrics.items()
            ),
        ],
        "period": DAY_SECONDS,
    }
