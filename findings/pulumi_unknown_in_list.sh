#!/usr/bin/env bash
# pulumi 3.272.0 (Python): a provider function is called with an unknown argument when the unknown stands in a list.
# In a preview `invoke` gives an unknown result, without a call, when an argument is not known yet. It does so for an
# unknown by itself, in an object, and in an object in a list. For one that is an item of a list, or of a list in a
# list, the function is called, and a provider gets the SDK's mark of an unknown where it expects the item's value.
# Why: `pulumi.runtime.rpc.struct_contains_unknowns` compares the members of objects with the mark, but looks only into
# those items of a list that are objects.
# Seen: "called" for the two lists, "not called" for the three others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > program.py <<'PYTHON'
import asyncio

import pulumi

CASES = {
    "by itself": lambda unknown: {"a": unknown},
    "in an object": lambda unknown: {"a": {"b": unknown}},
    "in an object in a list": lambda unknown: {"a": [{"b": unknown}]},
    "in a list": lambda unknown: {"a": [unknown]},
    "in a list in a list": lambda unknown: {"a": [[unknown]]},
}
calls = []


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs

    def call(self, args):
        calls.append(args.token)
        return {}


async def main():
    pulumi.runtime.set_mocks(Mocks(), preview=True)
    for name, arguments in CASES.items():
        calls.clear()
        unknown = pulumi.Output(set(), asyncio.sleep(0, None), asyncio.sleep(0, False))
        await pulumi.runtime.invoke_async("aws:ec2/getSubnets:getSubnets", arguments(unknown))
        print(f"{name}: {'called' if calls else 'not called'}")


asyncio.run(main())
PYTHON
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pulumi==3.272.0
venv/bin/python program.py | tee seen
cat > expected <<'TEXT'
by itself: not called
in an object: not called
in an object in a list: not called
in a list: called
in a list in a list: called
TEXT
diff expected seen || { echo "this has changed" >&2; exit 1; }
