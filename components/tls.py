"""Which TLS the API's names speak, and their certificates."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.site import Site
from settings import Domain

_TLS_1_3 = "SecurityPolicy_TLS13_1_3_2025_09"
_FROM_TLS_1_2 = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
"""With forward secrecy only. CloudFront calls origins over TLS 1.2."""
_WITH_CLIENT_CERTIFICATES = "TLS_1_2"
"""AWS: "You can't enable mutual TLS on a domain name that uses an enhanced security policy"."""


def of_api(domain: Domain | None) -> str:
    """The policy of the API itself, by which API Gateway negotiates under any of its names."""
    own = domain is not None and not domain.fronted and domain.trusted is None
    return _TLS_1_3 if own else _FROM_TLS_1_2


def of_name(domain: Domain) -> str:
    """The policy of the name."""
    return _WITH_CLIENT_CERTIFICATES if domain.trusted else of_api(domain)


def certificate(
    name: str,
    site: Site,
    domain: Domain,
    given: str | None,
    child: pulumi.ResourceOptions,
    *,
    prove: bool = True,
) -> pulumi.Input[str]:
    """The ARN of a certificate that is valid: the given one, or one made for the name.

    `prove` puts the record into the hosted zone. ACM asks for the same record in every region of an account, so a
    second certificate for the name only waits.
    """
    if given is not None:
        return given
    made = aws.acm.Certificate(
        name,
        domain_name=domain.name,
        validation_method="DNS",
        key_algorithm="RSA_2048",
        options={"certificate_transparency_logging_preference": "ENABLED"},
        tags=site.tags,
        opts=child,
    )
    hosts = [_record(name, domain, made, child).fqdn] if prove else None
    valid = aws.acm.CertificateValidation(
        name, certificate_arn=made.arn, validation_record_fqdns=hosts, opts=child
    )
    arn: pulumi.Output[str] = valid.certificate_arn
    return arn


def _record(
    name: str, domain: Domain, made: aws.acm.Certificate, child: pulumi.ResourceOptions
) -> aws.route53.Record:
    asked = made.domain_validation_options[0]
    return aws.route53.Record(
        f"{name}-certificate",
        zone_id=domain.zone or "",
        name=asked.resource_record_name,
        type=asked.resource_record_type,
        records=[asked.resource_record_value],
        ttl=300,
        opts=child,
    )
