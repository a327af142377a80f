"""What is wrong between this machine and the package index, in the words of its answer."""

import ssl
import urllib.error
from http import HTTPStatus

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.toolchain.index_config import IndexAccess, login_variables

_TUNNEL = lazy_pattern(r"Tunnel connection failed: (\d{3})")
_SETTINGS = "PIP_INDEX_URL or UV_DEFAULT_INDEX"


def _name_index(access: IndexAccess, text: str) -> str:
    """Return `text` with the index's name, if it has one."""
    return text.replace("the package index", f"the index `{access.name}`") if access.name else text


def _check(access: IndexAccess) -> str:
    where = "its url in pyproject.toml" if access.name else f"the address in {_SETTINGS}"
    return f"Check {where}"


def _login_places(access: IndexAccess) -> str:
    """Return the variables that can hold the user name and the password."""
    return " and ".join(login_variables(access.name)) if access.name else _SETTINGS


def explain_status(access: IndexAccess, status: int, reason: str = "") -> LabcoatError:
    """Return the error for the HTTP `status` that the index or a proxy answers."""
    if status in {401, 403}:
        return _refusal(access, status)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return LabcoatError(
            "the proxy refuses the user name or password"
            if "@" in access.proxy_address()
            else "the proxy asks for a user name and password",
            "Write them in the proxy's address, as in https_proxy=http://USER:PASSWORD@HOST:PORT",
        )
    words = reason or _phrase(status)
    return LabcoatError(
        _name_index(
            access, f"the package index at {access.host} answers with an error: {status} {words}"
        ).rstrip(),
        "Try again later; whoever runs the index can say more"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else _check(access),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _refusal(access: IndexAccess, status: int) -> LabcoatError:
    if access.authorization:
        return LabcoatError(
            _name_index(access, "the package index refuses the user name or password")
            + f" ({access.host} answers {status})",
            f"Correct them in {_login_places(access)}, in pip's configuration or in ~/.netrc",
        )
    if status == HTTPStatus.FORBIDDEN:
        return LabcoatError(
            _name_index(access, "the package index refuses access")
            + f" ({access.host} answers 403)",
            f"{_check(access)}; it may need a user name and password, or another network",
        )
    return LabcoatError(
        _name_index(access, "the package index asks for a user name and password")
        + f" ({access.host} answers 401)",
        "Set the variables in its url in pyproject.toml, as in https://USER:${TOKEN}@HOST/simple,"
        f" or {_login_places(access)}; or write them to ~/.netrc"
        if access.name
        else "Write them in its address, as in PIP_INDEX_URL=https://USER:PASSWORD@HOST/simple, or"
        " in ~/.netrc",
    )


def no_listing(access: IndexAccess) -> LabcoatError:
    """Return the error for a page that is not a listing."""
    return LabcoatError(
        _name_index(
            access,
            f"the package index at {access.host} answers with a web page instead of a list"
            " of files",
        ),
        f"{_check(access)}: open it in a browser. It may be a page to log in, or the one of a"
        " proxy",
    )


def no_index(access: IndexAccess, status: int) -> LabcoatError:
    """Return the error for an address where no index is."""
    return LabcoatError(
        f"there is no package index at `{access.url}` ({access.host} answers {status})",
        f"{_check(access)}; it often ends in /simple",
    )


def is_offline() -> LabcoatError:
    """Return the error for a setting that forbids the network."""
    return LabcoatError(
        "cannot reach the package index: UV_OFFLINE is set",
        "Unset UV_OFFLINE; cached packages need no network",
    )


def too_slow(access: IndexAccess) -> LabcoatError:
    """Return the error for an index that sends without an end."""
    return LabcoatError(
        _name_index(access, f"the package index at {access.host} does not finish its answer"),
        "Check the network and the proxy. PIP_DEFAULT_TIMEOUT raises the limit, in seconds",
    )


def invalid_address(access: IndexAccess) -> LabcoatError:
    """Return the error for an address that no protocol can reach."""
    return LabcoatError(
        f"`{process.redact(access.url)}` is not an address of a package index",
        f"{_check(access)}: it begins with `https://` or `http://`",
    )


def explain_connection(access: IndexAccess, error: BaseException) -> LabcoatError:
    """Return the error for a connection that failed."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return LabcoatError(
            _name_index(access, "the certificate of the package index is not trusted")
            + f" ({access.host}: {reason.verify_message})",
            "Set LABCOAT_CA_BUNDLE to the certificate bundle of your network",
        )
    if isinstance(reason, ssl.SSLError):
        return LabcoatError(
            _name_index(access, f"the package index at {access.host} does not answer with TLS")
            + f": {_ssl_reason(reason)}",
            f"{_check(access)}: `https://` may have to be `http://`",
        )
    found = _TUNNEL.search(str(reason))
    if found and found[1] in {"401", "403", "407"}:
        return explain_status(access, 407)
    words = _describe(reason, access.timeout)
    return LabcoatError(
        _name_index(access, f"cannot reach the package index at {access.host}") + f": {words}",
        "Check the network, the proxy and"
        f" {'its url in pyproject.toml' if access.name else 'PIP_INDEX_URL'}; cached packages need"
        " no network",
    )


def explain_address(url: str, error: BaseException, timeout: float) -> LabcoatError:
    """Return the error for an address of an archive that does not answer in `timeout` seconds."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        words = f"its certificate is not trusted: {reason.verify_message}"
        hint = "Set LABCOAT_CA_BUNDLE to the certificate bundle of your network"
    else:
        words = _describe(reason, timeout)
        hint = "Check the address in the input, the network and the proxy"
    return LabcoatError(f"cannot fetch `{process.redact(url)}`: {words}", hint)


def _describe(reason: object, timeout: float) -> str:
    """Return why a connection failed, in words."""
    if isinstance(reason, TimeoutError):
        return f"no answer in {timeout:.0f} seconds"
    if isinstance(reason, ssl.SSLError):
        return _ssl_reason(reason)
    words = str(reason.strerror if isinstance(reason, OSError) and reason.strerror else reason)
    found = _TUNNEL.search(words)
    return f"the proxy answers {found[1]}" if found else words


def _ssl_reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()
