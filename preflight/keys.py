"""`python -m preflight keys`: the API keys of a stack, how old each is, and when it was last used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from pulumi_preflight.errors import UserError
from pulumi_preflight.terminal import REFUSED, Debug, exit_codes
from rich.console import Console
from rich.table import Table

_USAGE_DAYS = 90
"""As far back as API Gateway keeps the usage of a plan."""
_NAMESPACE, _METRIC = "FraudScoring", "key_age_days"


@dataclass(frozen=True)
class Key:
    """A key, whole days since it was made, and the last day of the period on which it was used."""

    name: str
    id: str
    enabled: bool
    age_days: int
    last_used: date | None


def listed(gateway: Any, prefix: str, today: date, days: int) -> list[Key]:
    """The keys whose names begin with `prefix` and a hyphen, oldest first. `gateway` is boto3's client."""
    used = _last_use(gateway, prefix, today, days)
    found = [
        Key(
            item["name"],
            item["id"],
            bool(item.get("enabled")),
            (today - item["createdDate"].astimezone(UTC).date()).days,
            used.get(item["id"]),
        )
        for item in _pages(gateway, "get_api_keys", "items", nameQuery=f"{prefix}-", includeValues=False)
    ]
    return sorted(found, key=lambda key: (-key.age_days, key.name))


def _last_use(gateway: Any, prefix: str, today: date, days: int) -> dict[str, date]:
    """Per key id the last day with a request. Usage comes as one list a key: used and left, day by day."""
    start = today - timedelta(days=days - 1)
    period = {"startDate": start.isoformat(), "endDate": today.isoformat()}
    last: dict[str, date] = {}
    for plan in _pages(gateway, "get_usage_plans", "items"):
        if not str(plan.get("name", "")).startswith(f"{prefix}-"):
            continue
        for page in gateway.get_paginator("get_usage").paginate(usagePlanId=plan["id"], **period):
            for key, rows in page.get("items", {}).items():
                active = [place for place, (used, _) in enumerate(rows) if used]
                if active:
                    last[key] = max(start + timedelta(days=active[-1]), last.get(key, start))
    return last


def _pages(client: Any, operation: str, member: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(member, [])


def publish(cloudwatch: Any, prefix: str, keys: list[Key]) -> None:
    """The age of the oldest enabled key, in days, as the metric that the alarm `key-age` watches."""
    cloudwatch.put_metric_data(
        Namespace=_NAMESPACE,
        MetricData=[
            {
                "MetricName": _METRIC,
                "Dimensions": [{"Name": "prefix", "Value": prefix}],
                "Value": float(max((key.age_days for key in keys if key.enabled), default=0)),
            }
        ],
    )


def table(keys: list[Key], max_age: int, days: int) -> Table:
    """The keys for a terminal; no value of a key is ever asked for."""
    result = Table("key", "id", "enabled", "age, days", "last use", "")
    result.columns[0].overflow = "fold"
    for key in keys:
        used = key.last_used.isoformat() if key.last_used else f"not in {days} days"
        old = "too old" if max_age and key.age_days > max_age else ""
        result.add_row(key.name, key.id, "yes" if key.enabled else "no", f"{key.age_days:,}", used, old)
    return result


def keys(
    prefix: Annotated[str, typer.Option(help="What the names begin with: <name>-<stack>.")],
    days: Annotated[int, typer.Option(min=1, max=_USAGE_DAYS, help="How far to look back for a use.")] = 30,
    max_age: Annotated[int, typer.Option(min=0, help="Days from which on a key is too old; 0: never.")] = 0,
    region: Annotated[str | None, typer.Option(help="AWS region, unless your profile names it.")] = None,
    publish_: Annotated[
        bool,
        typer.Option("--publish", help="Send the oldest key's age to CloudWatch, for the alarm key-age."),
    ] = False,
    debug: Debug = False,
) -> None:
    """List a deployed stack's API keys with age and last use; ends with 1 when one is older than --max-age."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    with exit_codes(debug):
        try:
            session = boto3.Session(region_name=region)
            found = listed(session.client("apigateway"), prefix, datetime.now(UTC).date(), days)
            if publish_:
                publish(session.client("cloudwatch"), prefix, found)
        except (BotoCoreError, ClientError) as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            raise UserError(f"AWS did not answer ({code}): check profile, region and rights.") from None
        if not found:
            raise UserError(f"there is no API key whose name begins with {prefix}-.")
        Console().print(table(found, max_age, days))
        if max_age and any(key.enabled and key.age_days > max_age for key in found):
            raise typer.Exit(REFUSED)
