"""AlarmTopic and Observability: who is notified of what goes wrong, and a page to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components import dashboard, documents, log_queries
from components.drift import DAY_SECONDS, Derived
from components.encryption import EncryptionKey
from components.site import Site
from components.watched import Watch, Watched
from settings import Alarms

_GUARDS = ("function-errors", "function-duration", "api-5xx")


class AlarmTopic(pulumi.ComponentResource):
    """An encrypted topic that CloudWatch alone may publish to, with the address that is notified."""

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


class Observability(pulumi.ComponentResource):
    """The alarms of the stack, each with the topic as its action, a dashboard, saved queries and rankings."""

    dashboard_url: str
    alarm_names: dict[str, pulumi.Output[str]]
    guards: list[pulumi.Output[str]]
    """The alarms that take a new version of the function back."""

    def __init__(
        self,
        name: str,
        site: Site,
        alarms: Alarms,
        *,
        topic: AlarmTopic,
        watched: Mapping[str, Watch],
        names: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:observability:Observability", name, {"alarms": list(watched)}, opts)
        self._name, self._site = name, site
        self._child = pulumi.ResourceOptions(parent=self)
        self.alarm_names = {
            label: declare_alarm(name, site, label, watch, topic, self._child).name
            for label, watch in watched.items()
        }
        self.guards = [self.alarm_names[label] for label in _GUARDS]
        queries = log_queries.saved(site)
        for label, query in queries.items():
            aws.cloudwatch.QueryDefinition(
                f"{name}-{label}",
                name=f"{site.prefix}/{label}",
                log_group_names=list(query.groups),
                query_string=query.text,
                opts=self._child,
            )
        if alarms.rankings:
            self._rankings()
        body = dashboard.body(site, watched, queries, names)
        aws.cloudwatch.Dashboard(name, dashboard_name=site.prefix, dashboard_body=body, opts=self._child)
        console = f"https://{site.region}.console.aws.amazon.com/cloudwatch/home"
        self.dashboard_url = f"{console}?region={site.region}#dashboards/dashboard/{site.prefix}"
        self.register_outputs({"dashboardUrl": self.dashboard_url})

    def _rankings(self) -> None:
        for label, definition in log_queries.rankings(self._site).items():
            aws.cloudwatch.ContributorInsightRule(
                f"{self._name}-{label}",
                rule_name=f"{self._site.prefix}-{label}",
                rule_definition=definition,
                rule_state="ENABLED",
                tags=self._site.tags,
                opts=self._child,
            )


def declare_alarm(
    name: str, site: Site, label: str, watch: Watch, topic: AlarmTopic, child: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """The alarm `<prefix>-<label>`; its description ends with the section of the runbook that says what to do."""
    below = isinstance(watch, Watched) and watch.below
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{label}",
        name=f"{site.prefix}-{label}",
        alarm_description=f"{watch.means}. Runbook: {label}",
        threshold=watch.threshold,
        comparison_operator="LessThanThreshold" if below else "GreaterThanThreshold",
        treat_missing_data=watch.missing if isinstance(watch, Watched) else "notBreaching",
        actions_enabled=True,
        alarm_actions=[topic.arn],
        ok_actions=[topic.arn],
        tags=site.tags,
        opts=child,
        **(_computed(watch) if isinstance(watch, Derived) else _measured(watch)),
    )


def _measured(watch: Watched) -> dict[str, Any]:
    """Alarm arguments for one metric."""
    percentile = watch.statistic.startswith("p")
    return {
        "namespace": watch.namespace,
        "metric_name": watch.metric,
        "dimensions": dict(watch.dimensions) or None,
        "statistic": None if percentile else watch.statistic,
        "extended_statistic": watch.statistic if percentile else None,
        "evaluation_periods": watch.periods,
        "datapoints_to_alarm": watch.enough,
        "period": watch.period,
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
