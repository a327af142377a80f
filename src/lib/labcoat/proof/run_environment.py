"""The variables that the commands in LABCOAT_PROVE_RUNS get, the same on each level."""

from collections.abc import Mapping

from labcoat.core import terminal
from labcoat.core.result_variables import select_result_variables

# A locale that Linux images have, and no daylight saving time.
_FIXED = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
# What labcoat, the engine and conda need to start a program, and what shows its output.
_NAMES = frozenset({
    "ALL_PROXY", "COLUMNS", "CURL_CA_BUNDLE", "FORCE_COLOR", "HOME", "HTTPS_PROXY", "HTTP_PROXY",
    "LINES", "LOGNAME", "NO_COLOR", "NO_PROXY", "PATH", "PYTHONPATH", "REQUESTS_CA_BUNDLE", "SHELL",
    "SSH_AUTH_SOCK", "SSL_CERT_DIR", "SSL_CERT_FILE", "TEMP", "TERM", "TMP", "TMPDIR", "USER",
    "all_proxy", "http_proxy", "https_proxy", "no_proxy",
})  # fmt: skip
_PREFIXES = (
    "BUILDAH_", "BUILDKIT_", "BUILDX_", "CONDA_", "CONTAINER", "DOCKER_", "LABCOAT_", "MAMBA_",
    "PODMAN_", "PYENV_", "XDG_",
)  # fmt: skip


def run_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a command of a proof, from those of labcoat itself."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }
    return {**kept, **_FIXED}


def warn_of_ignored(environ: Mapping[str, str]) -> None:
    """Name the variables that decide results and that the commands of a proof do not get."""
    given = select_result_variables(environ).items() - _FIXED.items()
    names = sorted(name for name, _ in given if not name.startswith(("LANG", "LC_ALL", "TZ")))
    if names:
        terminal.print_warning(
            "the commands in LABCOAT_PROVE_RUNS run without the shell's"
            f" {terminal.join_some(names)}",
            f"Set it in the command if the results need it: `{names[0]}=… COMMAND -> FILE`",
        )
