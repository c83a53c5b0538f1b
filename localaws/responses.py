"""What API Gateway itself answers: its gateway responses, as declared or as they are by default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from localaws.declared_api import GatewayResponse

_VARIABLE = re.compile(r"\$\{?context\.([A-Za-z_.]+)\}?")


@dataclass(frozen=True)
class Kind:
    """A type of gateway response: default status, message, and the value of `x-amzn-errortype`."""

    status: int
    message: str
    error: str


KINDS: Mapping[str, Kind] = {
    "ACCESS_DENIED": Kind(403, "User is not authorized to access this resource", "AccessDeniedException"),
    "BAD_REQUEST_BODY": Kind(400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": Kind(400, "Missing required request parameters", "BadRequestException"),
    "DEFAULT_4XX": Kind(400, "Bad Request", "BadRequestException"),
    "DEFAULT_5XX": Kind(500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": Kind(504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": Kind(403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": Kind(403, "Forbidden", "InvalidSignatureException"),
    "MISSING_AUTHENTICATION_TOKEN": Kind(
        403, "Missing Authentication Token", "MissingAuthenticationTokenException"
    ),
    "QUOTA_EXCEEDED": Kind(429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": Kind(413, "Request Too Long", "RequestEntityTooLargeException"),
    "THROTTLED": Kind(429, "Too Many Requests", "TooManyRequestsException"),
    "UNAUTHORIZED": Kind(401, "Unauthorized", "UnauthorizedException"),
    "UNSUPPORTED_MEDIA_TYPE": Kind(415, "Unsupported Media Type", "BadRequestException"),
    "WAF_FILTERED": Kind(403, "Forbidden", "ForbiddenException"),
}


class Refused(Exception):
    """API Gateway answers itself, with a gateway response of this type.

    `message` is what the default body says, `status` replaces the type's own, `detail` is what a validator found
    and may quote the request.
    """

    def __init__(
        self, kind: str, message: str = "", *, status: int = 0, error: str = "", detail: str = ""
    ) -> None:
        known = KINDS[kind]
        super().__init__(message or known.message)
        self.kind, self.status, self.error = kind, status or known.status, error or known.error
        self.detail = detail


def fill(template: str, context: Mapping[str, str], missing: str = "") -> str:
    """The template with its `$context` variables, each made safe within a JSON string."""
    return _VARIABLE.sub(
        lambda match: json.dumps(context.get(match[1].strip("."), missing), ensure_ascii=False)[1:-1],
        template,
    )


def render(refused: Refused, declared: Mapping[str, GatewayResponse], context: Mapping[str, str]) -> Response:
    """The answer: the type's declared response, else that of its class, else API Gateway's own."""
    general = declared.get("DEFAULT_4XX" if refused.status < 500 else "DEFAULT_5XX")
    chosen = declared.get(refused.kind) or general or GatewayResponse(None, {}, None)
    status = chosen.status or (general.status if general else None) or refused.status
    values = {**context, "error.message": str(refused), "error.responseType": refused.kind}
    values |= {"error.validationErrorString": refused.detail}
    if chosen.template is None:
        body = json.dumps({"message": str(refused)})
    else:
        # The one variable that API Gateway fills in with its quotation marks.
        quoted = chosen.template.replace("$context.error.messageString", json.dumps(str(refused)))
        body = fill(quoted, values)
    headers = {name: _mapped(value, values) for name, value in chosen.headers.items()}
    return Response(
        body, status, {"x-amzn-errortype": refused.error, **headers}, media_type="application/json"
    )


def _mapped(expression: str, context: Mapping[str, str]) -> str:
    """A mapped header: 'text' in single quotes, or a context variable."""
    if expression.startswith("context."):
        return context.get(expression.removeprefix("context."), "")
    return expression.strip("'")
