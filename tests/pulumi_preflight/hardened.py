"""The small stack with every control of the API and a firewall, and a gateway for it within the test's process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from localaws import signature
from localaws.declared import read
from localaws.function import FunctionError
from localaws.gateway import Gateway, Setup
from localaws.run import issued_pool
from localaws.user_pool import Pool
from model.contract import RECIPE_FIELDS, request_schema
from tests.pulumi_preflight import graphs

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
URL = "http://api.local/prod/score"
BODY = json.dumps({"transactions": [graphs.LEGITIMATE]}).encode()
KNOWN, STRANGER = "198.51.100.7", "192.0.2.9"
CREDENTIALS = signature.Credentials("LOCALEXAMPLE", "a-secret", "us-east-1")
KEYS = {"checkout": "k-checkout", "retired": "k-retired", "other": "k-other"}

Inputs = dict[str, Any]
Change = Callable[[Inputs], None]


def rule(name: str, priority: int, statement: Mapping[str, Any], action: str = "block") -> dict[str, Any]:
    """One rule of the firewall."""
    return {"name": name, "priority": priority, "statement": statement, "action": {action: {}}}


def managed(name: str, priority: int, group: str, **options: Any) -> dict[str, Any]:
    """A managed group in the firewall."""
    statement = {"managedRuleGroupStatement": {"vendorName": "AWS", "name": group, **options}}
    return {"name": name, "priority": priority, "statement": statement, "overrideAction": {"none": {}}}


def size_rule(limit: int, handling: str = "MATCH") -> dict[str, Any]:
    """The body limit."""
    options = {"fieldToMatch": {"body": {"oversizeHandling": handling}}, "comparisonOperator": "GT"}
    return {"sizeConstraintStatement": options | {"size": limit, "textTransformations": [NONE]}}


NONE = {"priority": 0, "type": "NONE"}
UNLESS_KNOWN = {"notStatement": {"statement": {"ipSetReferenceStatement": {"arn": "arn:known"}}}}


def harden(inputs: Inputs) -> None:
    """Adds every control."""
    inputs["post"] |= {
        "authorization": "AWS_IAM",
        "requestValidatorId": "validator-id",
        "requestModels": {"$default": "ScoreRequest"},
        "requestParameters": {"method.request.header.Content-Type": True},
    }
    limits = {"rateLimit": 5, "burstLimit": 10}
    inputs |= {
        "schema": {"name": "ScoreRequest", "schema": json.dumps(request_schema(RECIPE_FIELDS["boosted"]))},
        "validator": {"validateRequestBody": True, "validateRequestParameters": True},
        "settings": {
            "stageName": "prod",
            "methodPath": "*/*",
            "settings": {"throttlingRateLimit": 50, "throttlingBurstLimit": 100},
        },
        "other": {"name": "other"},
        "plan": {
            "apiStages": [
                {"apiId": "api-id", "stage": "prod", "throttles": [{"path": "/score/POST", **limits}]}
            ],
            "throttleSettings": limits,
            "quotaSettings": {"limit": 1000, "period": "DAY"},
        },
        "plan-other": {"keyId": "other-id", "usagePlanId": "plan-id"},
        "throttled": answer("THROTTLED", "429", "slow down"),
        "invalid-key": answer("INVALID_API_KEY", "403", "no such key"),
        "default-4xx": answer("DEFAULT_4XX", None, "refused"),
        "default-5xx": answer("DEFAULT_5XX", None, "unavailable"),
        "known": {"addresses": ["198.51.100.0/24"]},
        "firewall": {
            "name": "firewall",
            "defaultAction": {"allow": {}},
            "rules": [
                rule("body-size", 0, size_rule(8192)),
                rule("rate-limit", 10, {"rateBasedStatement": {"limit": 1000, "aggregateKeyType": "IP"}}),
                managed("common", 20, "AWSManagedRulesCommonRuleSet"),
                managed("inputs", 30, "AWSManagedRulesKnownBadInputsRuleSet"),
                managed("anonymous", 40, "AWSManagedRulesAnonymousIpList", scopeDownStatement=UNLESS_KNOWN),
                managed("linux", 50, "AWSManagedRulesLinuxRuleSet"),
                managed("sql", 60, "AWSManagedRulesSQLiRuleSet"),
                managed("bots", 70, "AWSManagedRulesBotControlRuleSet", scopeDownStatement=UNLESS_KNOWN),
            ],
        },
        "association": {"resourceArn": "arn:stage", "webAclArn": "arn:firewall"},
        "firewall-log": {
            "resourceArn": "arn:firewall",
            "logDestinationConfigs": ["arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-x"],
            "redactedFields": [
                {"singleHeader": {"name": "x-api-key"}},
                {"singleHeader": {"name": "authorization"}},
            ],
        },
    }


def with_tokens(inputs: Inputs) -> None:
    """A user pool's tokens in place of signatures, for one machine client."""
    inputs["post"] |= {
        "authorization": "COGNITO_USER_POOLS",
        "authorizerId": "authorizer-id",
        "authorizationScopes": ["scoring/score"],
    }
    inputs |= {
        "authorizer": {"type": "COGNITO_USER_POOLS", "providerArns": ["arn:pool"]},
        "pool": {"name": "callers"},
        "machine": {
            "name": "checkout",
            "allowedOauthFlows": ["client_credentials"],
            "allowedOauthScopes": ["scoring/score"],
            "accessTokenValidity": 30,
            "tokenValidityUnits": {"accessToken": "minutes"},
        },
    }


def answer(kind: str, status: str | None, message: str) -> dict[str, Any]:
    """A gateway response."""
    template = json.dumps({"id": "$context.requestId", "message": message})
    return {
        "responseType": kind,
        "statusCode": status,
        "responseTemplates": {"application/json": template},
        "responseParameters": {"gatewayresponse.header.Cache-Control": "'no-store'"},
    }


@dataclass
class Function:
    """Stands for the function: remembers events and answers 200, or fails as told."""

    failure: FunctionError | None = None
    seconds: float = 0
    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def invoke(self, event: Mapping[str, Any], request_id: str) -> Any:
        self.events.append(event)
        await asyncio.sleep(self.seconds)
        if self.failure:
            raise self.failure
        return {"statusCode": 200, "body": "{}"}


@dataclass
class Here:
    """A gateway in this process with clocks that tests turn."""

    gateway: Gateway
    function: Function
    log_dir: Path
    now: list[float]
    pool: Pool | None = None

    def send(
        self,
        body: bytes = BODY,
        *,
        method: str = "POST",
        url: str = URL,
        key: str | None = "k-checkout",
        headers: Mapping[str, str | None] | None = None,
        signed: bool = True,
        address: str = STRANGER,
    ) -> httpx.Response:
        """One request, signed and with a key unless told otherwise; a header that is None is left out."""
        wanted = {"content-type": "application/json", "user-agent": BROWSER, "x-api-key": key}
        wanted |= {"host": "api.local", **(headers or {})}
        sent = {name: value for name, value in wanted.items() if value is not None}
        if signed:
            sent |= sign(method, url, body, sent)
        return asyncio.run(self._send(method, url, body, sent, address))

    async def _send(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], address: str
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.gateway, client=(address, 1234))
        async with httpx.AsyncClient(transport=transport) as client:
            # httpx has headers of its own, which a test must be able to leave out.
            client.headers.clear()
            return await client.request(method, url, content=body, headers=headers)

    def log(self, name: str) -> list[dict[str, Any]]:
        """The lines of a log."""
        return [json.loads(line) for line in (self.log_dir / name).read_text().splitlines()]

    def kinds(self) -> list[str]:
        """The types of the answers so far, as the access log has them."""
        return [line["errorType"] for line in self.log("access.log")]

    def judged(self) -> tuple[str, str, str]:
        """The firewall's word on the last request: action, rule, and rule within a group."""
        line = self.log("waf.log")[-1]
        ended = [
            group["terminatingRule"]["ruleId"] for group in line["ruleGroupList"] if group["terminatingRule"]
        ]
        return line["action"], line["terminatingRuleId"], "".join(ended)


def sign(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    service: str = signature.SERVICE,
    region: str = CREDENTIALS.region,
) -> dict[str, str]:
    """The headers that botocore adds."""
    request = AWSRequest(method, url, headers={"host": headers["host"]}, data=body)
    credentials = BotoCredentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    SigV4Auth(credentials, service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items() if name.lower() != "host"}


@contextmanager
def here(
    folder: Path,
    *changes: Change,
    trust_forwarded: bool = False,
    listed: Mapping[str, list[str]] | None = None,
) -> Iterator[Here]:
    """A gateway for the hardened stack, bent by `changes`."""

    def change(inputs: Inputs) -> None:
        for bend in (harden, *changes):
            bend(inputs)

    archive = graphs.Archive(folder / "model.tar.gz", "0" * 64)
    declared = read(graphs.stack(archive, change), graphs.ROOT)
    function, now = Function(), [time.time()]
    setup = Setup(
        KEYS,
        CREDENTIALS,
        folder,
        trust_forwarded,
        listed or {},
        clock=lambda: now[0],
        calendar=lambda: now[0],
        pool=issued_pool(declared.api),
    )
    yield Here(Gateway(declared, function, setup), function, folder, now, setup.pool)
