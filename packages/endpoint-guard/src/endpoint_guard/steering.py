"""Variables that send a program's calls elsewhere, load other code into it, or hand it other credentials.

From the documentation of what reads them, as of November 2026: the Python, Node.js, Java, .NET and Ruby runtimes, Bash,
ld.so, the AWS SDKs (botocore 1.44.5: a test holds its list against this one) and Lambda's runtime wrappers, OpenSSL,
curl, Requests, pip, uv, npm, and the SageMaker inference toolkit.
"""

from __future__ import annotations

import re
from typing import Final

_EXACT: Final = frozenset(
    # credentials and configuration of the SDKs
    "AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CREDENTIAL_FILE BOTO_CONFIG "
    "AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_AUTHORIZATION_TOKEN "
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_WEB_IDENTITY_TOKEN_FILE AWS_EC2_METADATA_SERVICE_ENDPOINT "
    "AWS_DATA_PATH AWS_CA_BUNDLE AWS_CSM_ENABLED AWS_CSM_HOST "
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_LAMBDA_EXEC_WRAPPER AWS_LAMBDA_RUNTIME_API _HANDLER LAMBDA_TASK_ROOT "
    # the loader and the shell
    "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT GCONV_PATH GLIBC_TUNABLES HOSTALIASES RES_OPTIONS LOCALDOMAIN "
    "BASH_ENV PATH SHELLOPTS PROMPT_COMMAND "
    # interpreters and virtual machines
    "PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PYTHONEXECUTABLE PYTHONBREAKPOINT "
    "PYTHONHTTPSVERIFY PYTHONPLATLIBDIR "
    "NODE_PATH NODE_EXTRA_CA_CERTS NODE_REPL_EXTERNAL_MODULE "
    "CLASSPATH "
    "RUBYOPT RUBYLIB GEM_PATH GEM_HOME BUNDLE_GEMFILE PERL5LIB PERL5OPT PERLLIB PHPRC PHP_INI_SCAN_DIR "
    "DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE CORECLR_PROFILER CORECLR_PROFILER_PATH "
    "CORECLR_ENABLE_PROFILING "
    # trust and what is logged of it
    "SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES CURL_CA_BUNDLE "
    "REQUESTS_CA_BUNDLE SSLKEYLOGFILE CURL_HOME "
    # what is installed or served
    "PIP_CONFIG_FILE PIP_INDEX_URL PIP_PYPI_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_TRUSTED_HOST PIP_CERT PIP_PROXY "
    "PIP_CONSTRAINT PIP_REQUIREMENT UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL "
    "UV_FIND_LINKS UV_INSECURE_HOST UV_CONFIG_FILE NETRC GUNICORN_CMD_ARGS "
    "SAGEMAKER_SERVING_MODULE SAGEMAKER_TRAINING_MODULE SAGEMAKER_BASE_DIR SAGEMAKER_MULTI_MODEL "
    "HF_ENDPOINT".split()
)
_FAMILIES: Final = re.compile(r"AWS_ENDPOINT_URL\w*|NPM_CONFIG_\w+|(?:HTTPS?|ALL|FTP)_PROXY", re.IGNORECASE)
_JVM: Final = re.compile(
    r"(^|\s)(-javaagent|-agent(lib|path)|-Xbootclasspath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError|@|-D(javax\.net|https?\.proxy|socksProxy|java\.security|aws\.))"
)
_OPTIONS: Final = {
    "JAVA_TOOL_OPTIONS": _JVM,
    "JDK_JAVA_OPTIONS": _JVM,
    "_JAVA_OPTIONS": _JVM,
    "NODE_OPTIONS": re.compile(
        r"(^|\s)(-r\b|--(require|import|(experimental-)?loader|inspect|use-openssl-ca|openssl-config|tls))"
    ),
    "NODE_TLS_REJECT_UNAUTHORIZED": re.compile(r"^0$"),
}
"""Variables that hold options, and the options that load code, or switch trust off."""
_NORMAL: Final[dict[str, str]] = {
    "SAGEMAKER_SERVING_MODULE": "sagemaker_sklearn_container.serving:main",
    "SAGEMAKER_MULTI_MODEL": "false",
}
"""The values that the images have themselves."""


_SHIPPED: Final = re.compile(r"(/opt/ml/model|/opt/ml/code|/var/task|/var/runtime)(/[\w.-]+)*/?")
"""Folders whose content is part of what is deployed: the model's artifact, the function's package."""


def steers(name: str, value: str) -> bool:
    """Whether a variable with this value makes the program another one."""
    if _NORMAL.get(name) == value:
        return False
    if name == "PYTHONPATH" and value and all(_SHIPPED.fullmatch(part) for part in value.split(":")):
        return ".." in value
    if name in _OPTIONS:
        return _OPTIONS[name].search(value) is not None
    return name in _EXACT or name.upper() in _EXACT or _FAMILIES.fullmatch(name) is not None
