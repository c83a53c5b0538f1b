"""ScoringApi: the REST API in front of the function."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from components import clients, documents, tls
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.scoring_function import ScoringFunction
from components.site import Site
from components.token_issuer import TokenIssuer, optional_issuer
from components.workload_role import WorkloadRole
from model.contract import RECIPE_FIELDS, request_schema
from settings import Api

PATH, METHOD = "score", "POST"
_INTEGRATION_MS = 29_000
"""API Gateway's own limit; the function ends before it."""
_RESPONSES = {
    "DEFAULT_4XX": (None, "request_refused", "the request was refused"),
    "DEFAULT_5XX": (None, "unavailable", "the service is not available"),
    "BAD_REQUEST_BODY": ("400", "invalid_request", "the body does not match the request schema"),
    "BAD_REQUEST_PARAMETERS": ("400", "invalid_request", "the Content-Type header is missing"),
    "MISSING_AUTHENTICATION_TOKEN": ("403", "forbidden", "there is no such resource or the request is not signed"),
    "UNAUTHORIZED": ("401", "unauthorized", "the token is missing or not valid here"),
    "INVALID_API_KEY": ("403", "forbidden", "the API key is missing or not valid here"),
    "ACCESS_DENIED": ("403", "forbidden", "the caller may not do this"),
    "WAF_FILTERED": ("403", "forbidden", "the firewall refused the request"),
    "THROTTLED": ("429", "throttled", "too many requests; try again later"),
    "QUOTA_EXCEEDED": ("429", "quota_exceeded", "the day's quota is used up"),
    "REQUEST_TOO_LARGE": ("413", "payload_too_large", "the body is too large"),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "unsupported_media_type", "the Content-Type must be application/json"),
}  # fmt: skip
"""Gateway responses: status (None keeps the default), code, message. None repeats what the caller sent."""
_ACCOUNT_ACTIONS = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
]
"""What API Gateway asks of the account's logging role (AWS: "Set up CloudWatch logging for REST APIs")."""


class ScoringApi(pulumi.ComponentResource):
    """One route, `POST /score`, with a strict schema, and a key, a plan, a rate and a quota for each client.

    The schema is bound to every content type, so that none bypasses it. The deployment is renewed when anything
    that shapes the API changes. Bodies are in no log.
    """

    url: pulumi.Output[str]
    stage: aws.apigateway.Stage
    name: str
    rate: float
    """Requests a second, all clients together."""
    issuer: TokenIssuer | None
    key_ids: dict[str, pulumi.Output[str]]
    key_values: dict[str, pulumi.Output[str]]
    invoke_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        site: Site,
        api: Api,
        *,
        key: EncryptionKey,
        function: ScoringFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"clients": [c.name for c in api.clients], "signed": api.signed, "recipe": api.recipe}
        super().__init__("fraud:serving:ScoringApi", name, args, opts)
        self.name, self.rate = f"{site.prefix}-api", api.rate
        self._name, self._site, self._api = name, site, api
        self.issuer = optional_issuer("callers", site, api)
        self._child = pulumi.ResourceOptions(parent=self)
        self._rest = aws.apigateway.RestApi(
            name,
            name=self.name,
            description="Scores card transactions",
            endpoint_configuration={"types": "REGIONAL"},
            api_key_source="HEADER",
            security_policy=tls.of_api(api.domain),
            endpoint_access_mode="STRICT",
            # Else the firewall of the name, its certificates and its TLS policy would have a way around them.
            disable_execute_api_endpoint=True if api.domain else None,
            tags=site.tags,
            opts=self._child,
        )
        self._resource = self._path()
        self._method = self._checked_method()
        shape = self._shape(function)
        account = self._account() if api.owns_account_role else []
        self.stage = self._stage(shape, key, account)
        # Built from outputs: the dependencies prove stage, verb and path before any of them has a value.
        verb = self._method.http_method
        self.invoke_arn = pulumi.Output.concat(self.stage.execution_arn, "/", verb, self._resource.path)
        self._permission(function)
        door = clients.Door(self._rest, self.stage, f"/{PATH}/{METHOD}", self._access)
        keys = clients.declare(name, site, api.clients, door, self._child)
        self.key_ids, self.key_values = dict(keys.ids), dict(keys.values)
        own = f"https://{api.domain.name}" if api.domain else self.stage.invoke_url
        self.url = pulumi.Output.concat(own, "/", PATH)
        self.register_outputs({"url": self.url})

    def _path(self) -> aws.apigateway.Resource:
        return aws.apigateway.Resource(
            self._name,
            rest_api=self._rest.id,
            parent_id=self._rest.root_resource_id,
            path_part=PATH,
            opts=self._child,
        )

    def _checked_method(self) -> aws.apigateway.Method:
        """The method, with a key, a schema and a validator that looks at body and headers."""
        model = aws.apigateway.Model(
            self._name,
            rest_api=self._rest.id,
            name="ScoreRequest",
            description="One to a few transactions; unknown fields are refused",
            content_type="application/json",
            schema=json.dumps(self._schema(), sort_keys=True),
            opts=self._child,
        )
        validator = aws.apigateway.RequestValidator(
            self._name,
            rest_api=self._rest.id,
            name="body-and-parameters",
            validate_request_body=True,
            validate_request_parameters=True,
            opts=self._child,
        )
        return aws.apigateway.Method(
            self._name,
            rest_api=self._rest.id,
            resource_id=self._resource.id,
            http_method=METHOD,
            authorization=self._authorization(),
            **self._authorizer(),
            api_key_required=True,
            request_validator_id=validator.id,
            # Under another content type than a named one a body would pass unseen.
            request_models={"$default": model.name},
            request_parameters={"method.request.header.Content-Type": True},
            operation_name="Score",
            opts=self._child,
        )

    def _schema(self) -> dict[str, Any]:
        return request_schema(RECIPE_FIELDS[self._api.recipe])

    def _authorization(self) -> str:
        if self.issuer is not None:
            return "COGNITO_USER_POOLS"
        return "AWS_IAM" if self._api.signed else "NONE"

    def _authorizer(self) -> dict[str, Any]:
        """What a method that asks for a token needs besides: who checks it, and the scope that it must hold."""
        if self.issuer is None:
            return {}
        authorizer = aws.apigateway.Authorizer(
            self._name,
            rest_api=self._rest.id,
            name="callers",
            type="COGNITO_USER_POOLS",
            provider_arns=[self.issuer.pool_arn],
            identity_source="method.request.header.Authorization",
            opts=self._child,
        )
        return {"authorizer_id": authorizer.id, "authorization_scopes": [self.issuer.scope]}

    def _shape(self, function: ScoringFunction) -> tuple[list[pulumi.Resource], dict[str, str]]:
        """All that a deployment takes a picture of, and the digest of what it says."""
        integration = aws.apigateway.Integration(
            self._name,
            rest_api=self._rest.id,
            resource_id=self._resource.id,
            http_method=self._method.http_method,
            type="AWS_PROXY",
            integration_http_method="POST",
            uri=function.alias.invoke_arn,
            passthrough_behavior="NEVER",
            timeout_milliseconds=_INTEGRATION_MS,
            opts=self._child,
        )
        responses = [self._response(kind) for kind in _RESPONSES]
        scope = self.issuer.scope if self.issuer else None
        said = (self._schema(), self._authorization(), scope, _RESPONSES, _INTEGRATION_MS, PATH, METHOD)
        closed = ("default host closed",) if self._api.domain else ()
        return [self._method, integration, *responses], {"digest": documents.digest(*said, *closed)}

    def _response(self, kind: str) -> aws.apigateway.Response:
        status, code, message = _RESPONSES[kind]
        body = {"request_id": "$context.requestId", "error": {"code": code, "message": message}}
        return aws.apigateway.Response(
            f"{self._name}-{kind.lower().replace('_', '-')}",
            rest_api_id=self._rest.id,
            response_type=kind,
            status_code=status,
            response_templates={"application/json": json.dumps(body)},
            response_parameters={
                "gatewayresponse.header.Cache-Control": "'no-store'",
                "gatewayresponse.header.Strict-Transport-Security": "'max-age=31536000'",
                "gatewayresponse.header.X-Content-Type-Options": "'nosniff'",
            },
            opts=self._child,
        )

    def _account(self) -> list[pulumi.Resource]:
        """The role that lets API Gateway log: one for an account and region, kept when this stack goes."""
        site = self._site
        role = WorkloadRole(
            "api-logs",
            site,
            "apigateway",
            opts=self._child,
            role_opts=pulumi.ResourceOptions(retain_on_delete=True),
        )
        granted = role.grant([documents.allow("Logs", _ACCOUNT_ACTIONS, site.arn("logs", "*"))])
        account = aws.apigateway.Account(
            self._name,
            cloudwatch_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True, depends_on=[granted]),
        )
        return [account]

    def _stage(
        self,
        shape: tuple[list[pulumi.Resource], dict[str, str]],
        key: EncryptionKey,
        account: list[pulumi.Resource],
    ) -> aws.apigateway.Stage:
        site, (parts, triggers) = self._site, shape
        self._access = SecureLogGroup("access", site, site.access_log_group, key, opts=self._child)
        # API Gateway would create this group itself, unencrypted and for ever.
        execution_name = pulumi.Output.concat("API-Gateway-Execution-Logs_", self._rest.id, f"/{site.stage}")
        execution = SecureLogGroup("execution", site, execution_name, key, payloads=True, opts=self._child)
        deployment = aws.apigateway.Deployment(
            self._name,
            rest_api=self._rest.id,
            description="The API as this program declares it",
            triggers=triggers,
            opts=pulumi.ResourceOptions(parent=self, depends_on=parts),
        )
        stage = aws.apigateway.Stage(
            self._name,
            rest_api=self._rest.id,
            deployment=deployment.id,
            stage_name=site.stage,
            description=f"{site.prefix}, declared with Pulumi",
            access_log_settings={"destination_arn": self._access.arn, "format": documents.ACCESS_LOG_FORMAT},
            xray_tracing_enabled=True,
            cache_cluster_enabled=False,
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*account, execution]),
        )
        aws.apigateway.MethodSettings(
            self._name,
            rest_api=self._rest.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "logging_level": "ERROR",
                "data_trace_enabled": False,
                "metrics_enabled": True,
                "throttling_rate_limit": self._api.rate,
                "throttling_burst_limit": self._api.burst,
                "caching_enabled": False,
                "cache_data_encrypted": True,
            },
            opts=self._child,
        )
        return stage

    def _permission(self, function: ScoringFunction) -> None:
        """Exactly this stage, verb and path may call the alias.

        The source's ARN holds the account. AWS does not document that API Gateway sends a source account, and a
        permission that asks for one it does not send would refuse every call.
        """
        aws.lambda_.Permission(
            self._name,
            action="lambda:InvokeFunction",
            function=function.function.name,
            qualifier=function.alias.name,
            principal="apigateway.amazonaws.com",
            source_arn=self.invoke_arn,
            opts=self._child,
        )
