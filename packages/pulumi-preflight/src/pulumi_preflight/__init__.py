"""Evaluates a Pulumi Python program without AWS and without the engine, judges it by a policy pack, and reports."""

import os
from importlib import metadata

# gRPC writes lines about closed connections to standard error, among them that of every program that ends.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

try:
    VERSION = metadata.version("pulumi-preflight")
except metadata.PackageNotFoundError:  # run from its sources
    VERSION = "from sources"
