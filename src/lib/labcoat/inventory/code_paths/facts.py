"""Facts about an environment's Python, from an installed one: the environment's own is not run."""

import json
import platform
import re
import subprocess

from labcoat.inventory.interpreter_facts import describe_interpreter
from labcoat.inventory.inventory import InterpreterFacts, scan_text
from labcoat.toolchain.interpreters import Interpreter, own_interpreter


def describe_base(base: Interpreter) -> InterpreterFacts:
    """Return the facts about an installed Python."""
    if base.executable == own_interpreter().executable:
        return InterpreterFacts(**describe_interpreter())
    try:
        done = subprocess.run(
            [base.executable, "-ISB", "-c", scan_text("print_facts()")],
            capture_output=True,
            text=True,
            check=True,
        )
        return InterpreterFacts(**json.loads(done.stdout))
    except (OSError, subprocess.CalledProcessError, ValueError, TypeError):
        return assume_facts(base.version)


def assume_facts(version: str) -> InterpreterFacts:
    """Return the facts about a Python of this `version` that is built as labcoat's own is."""
    own = describe_interpreter()
    minor = ".".join(version.split(".")[:2])
    before = "".join(platform.python_version_tuple()[:2])
    abi = re.sub(rf"\b(cpython-){before}(?=t?\b)", rf"\g<1>{minor.replace('.', '')}", own["abi"])
    versions = {
        "implementation_version": version,
        "python_full_version": version,
        "python_version": minor,
    }
    return InterpreterFacts(version, abi, own["platform"], {**own["markers"], **versions})
