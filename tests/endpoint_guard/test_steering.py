"""The kept list of steering variables against those that botocore itself reads."""

from __future__ import annotations

from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from endpoint_guard.steering import steers

TUNING = frozenset(
    "AWS_DEFAULT_REGION AWS_METADATA_SERVICE_TIMEOUT AWS_METADATA_SERVICE_NUM_ATTEMPTS "
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE AWS_EC2_METADATA_V1_DISABLED AWS_IMDS_USE_IPV6 "
    "AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT AWS_CSM_PORT AWS_CSM_CLIENT_ID "
    "AWS_ENDPOINT_DISCOVERY_ENABLED AWS_STS_REGIONAL_ENDPOINTS AWS_RETRY_MODE AWS_DEFAULTS_MODE AWS_MAX_ATTEMPTS "
    "AWS_SDK_UA_APP_ID AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES AWS_DISABLE_REQUEST_COMPRESSION "
    "AWS_SIGV4A_SIGNING_REGION_SET AWS_REQUEST_CHECKSUM_CALCULATION AWS_RESPONSE_CHECKSUM_VALIDATION "
    "AWS_ACCOUNT_ID_ENDPOINT_MODE AWS_DISABLE_HOST_PREFIX_INJECTION AWS_AUTH_SCHEME_PREFERENCE "
    "BOTOCORE_TCP_KEEPALIVE AWS_S3_DISABLE_EXPRESS_SESSION_AUTH".split()
)
"""What tunes a client and leads no call, no code and no credential elsewhere."""


def test_every_variable_that_botocore_reads_steers_or_only_tunes() -> None:
    named = [entry[1] for entry in BOTOCORE_DEFAUT_SESSION_VARIABLES.values() if entry[1]]
    read = {name for one in named for name in ([one] if isinstance(one, str) else one)}

    assert {name for name in read if not steers(name, "x")} == TUNING & read
    assert len(read) > 20
