"""Where packages come from: one index, and how to reach it.

A lock must be the same for everyone. So of the user's pip and uv settings, only those count
that say how to reach the index: its address, certificates, proxy, credentials.
Extra indexes, directories of wheels and constraints do not: no one else's lock would contain what
they add.
"""

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record, replace
from labcoat.toolchain.index_address import check_address
from labcoat.toolchain.named_indexes import NamedIndex

_REACH = (
    "index-url",
    "cert",
    "client-cert",
    "proxy",
    "trusted-host",
    "timeout",
    "retries",
    "keyring-provider",
)
# Settings of uv about how to install, not what.
_UV_KEPT = {
    "UV_CACHE_DIR",
    "UV_CONCURRENT_DOWNLOADS",
    "UV_HTTP_RETRIES",
    "UV_HTTP_TIMEOUT",
    "UV_INSECURE_HOST",
}
_UV_KEPT |= {
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_NO_CACHE",
    "UV_OFFLINE",
    "UV_SYSTEM_CERTS",
}
_PIP_KEPT = {"PIP_CACHE_DIR", "PIP_DEFAULT_TIMEOUT", "PIP_NO_CACHE_DIR"}
_PYPI = "https://pypi.org/simple"


class IndexAccess(Record):
    """The index's `url` without a password, and how to reach it.

    `authorization` is the value of the HTTP header, a secret. `timeout` is in seconds. `name` is
    that of a named index; empty for the default one.
    """

    url: str
    authorization: str = ""
    certificates: str = ""
    client_certificate: str = ""
    trusts_any_certificate: bool = False
    proxy: str = ""
    timeout: float = 15
    is_offline: bool = False
    name: str = ""

    @property
    def host(self) -> str:
        """The host, with its port: what messages name."""
        return urlsplit(self.url).netloc

    def proxy_address(self) -> str:
        """Return the address of the proxy for the index; empty without one."""
        from urllib.request import getproxies, proxy_bypass

        if self.proxy or proxy_bypass(urlsplit(self.url).hostname or ""):
            return self.proxy
        return getproxies().get(urlsplit(self.url).scheme, "")


def installer_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `environ` for pip and uv, reduced to the settings that say how to reach the index.

    Raise LabcoatError if LABCOAT_CA_BUNDLE is not a file: uv would go on without it.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not _is_setting(name) or name in _UV_KEPT | _PIP_KEPT
    }
    if kept.get("UV_LINK_MODE") == "symlink":  # whoever edits the cache would edit environments
        del kept["UV_LINK_MODE"]
    reach = _settings(environ)
    kept |= {f"PIP_{key.upper().replace('-', '_')}": value for key, value in reach.items()}
    kept |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "UV_NO_CONFIG": "1",
    }
    kept |= {"UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    if url := reach.get("index-url"):
        check_address(url)
        kept["UV_DEFAULT_INDEX"] = url
    if bundle := certificate_bundle(environ):
        if bundle == _own_bundle(environ) and not Path(bundle).is_file():
            raise missing_bundle(bundle)
        kept |= {"PIP_CERT": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle}
    return kept


def certificate_bundle(environ: Mapping[str, str] = os.environ) -> str:
    """Return the path of the user's certificate bundle: LABCOAT_CA_BUNDLE, SSL_CERT_FILE, pip's.

    Empty if none is set.
    """
    return (
        _own_bundle(environ) or environ.get("SSL_CERT_FILE") or _settings(environ).get("cert", "")
    )


def _own_bundle(environ: Mapping[str, str]) -> str:
    # Unlike Path's method, this does not raise for an unknown user.
    return os.path.expanduser(environ.get("LABCOAT_CA_BUNDLE", ""))  # noqa: PTH111


def missing_bundle(path: str | Path) -> LabcoatError:
    """Return the error for a file that LABCOAT_CA_BUNDLE names and that does not exist."""
    return LabcoatError(
        f"certificate bundle `{path}` does not exist", "Correct or unset LABCOAT_CA_BUNDLE"
    )


def index_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the index that pip or uv is set to; empty for PyPI."""
    return _settings(environ).get("index-url", "")


def index_access(environ: Mapping[str, str] = os.environ) -> IndexAccess:
    """Return how to reach the index with the user's settings of pip and uv."""
    return _find_access(_settings(environ).get("index-url", _PYPI), environ)


def named_access(index: NamedIndex, environ: Mapping[str, str] = os.environ) -> IndexAccess:
    """Return how to reach a named index: certificates, proxy and time limit as for the default one.

    Raise LabcoatError if a variable in its address is not set.
    """
    return replace(_find_access(named_address(index, environ), environ), name=index.name)


def named_address(index: NamedIndex, environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of a named index with user name and password, a secret.

    They are those in its address, of uv's variables for an index of this name, of pip's and uv's
    address of an index on the same host, or of ~/.netrc. Raise LabcoatError if a variable in its
    address is not set.
    """
    url = index.address(environ)
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return url
    login = (
        _variable_login(index.name, environ)
        or _login_at_host(url, environ)
        or _netrc_login(parts.hostname or "", environ)
    )
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}")) if login else url


def login_variables(name: str) -> tuple[str, str]:
    """Return uv's variables for the user name and the password at the index `name`.

    https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly
    """
    prefix = f"UV_INDEX_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}"
    return f"{prefix}_USERNAME", f"{prefix}_PASSWORD"


def _variable_login(name: str, environ: Mapping[str, str]) -> str:
    """Return user:password, quoted, of these variables; empty without them."""
    user, password = (environ.get(each, "") for each in login_variables(name))
    return f"{quote(user, '')}:{quote(password, '')}" if user or password else ""


def _login_at_host(url: str, environ: Mapping[str, str]) -> str:
    """Return the login of another index on the same host, which pip and uv are set to."""
    reach = _settings(environ, (*_REACH, "extra-index-url"))
    known = [reach.get("index-url", ""), *reach.get("extra-index-url", "").split()]
    known += [*environ.get("UV_INDEX", "").split(), *environ.get("UV_EXTRA_INDEX_URL", "").split()]
    for each in known:
        parts = urlsplit(re.sub(r"^[\w.-]+=", "", each))  # UV_INDEX may have a name before it
        login, _, host = parts.netloc.rpartition("@")
        if login and (parts.scheme, host) == urlsplit(url)[:2]:
            return login
    return ""


def _find_access(url: str, environ: Mapping[str, str]) -> IndexAccess:
    check_address(url)
    reach = _settings(environ)
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    trusted = f"{reach.get('trusted-host', '')} {environ.get('UV_INSECURE_HOST', '')}".split()
    waits = (environ.get("UV_HTTP_TIMEOUT"), environ.get("PIP_DEFAULT_TIMEOUT"))
    seconds = [each for each in (*waits, reach.get("timeout")) if each and each.isdecimal()]
    return IndexAccess(
        urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")),
        _basic_authorization(login or _netrc_login(parts.hostname or "", environ)),
        certificate_bundle(environ),
        reach.get("client-cert", ""),
        bool({host, parts.hostname} & set(trusted)),
        reach.get("proxy", ""),
        float(seconds[0]) if seconds else 15,
        environ.get("UV_OFFLINE", "").lower() in {"1", "true", "yes", "on"},
    )


def _basic_authorization(login: str) -> str:
    """Return the HTTP header for `login`, user:password as in an address; empty without one."""
    if not login:
        return ""
    user, _, password = login.partition(":")
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()


def _netrc_login(host: str, environ: Mapping[str, str]) -> str:
    """Return the user's login at `host` from ~/.netrc, as pip and uv do; empty without one."""
    import netrc

    path = environ.get("NETRC") or Path(environ.get("HOME") or "/nonexistent") / ".netrc"
    try:
        found = netrc.netrc(str(path)).hosts.get(host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return ""
    return f"{quote(found[0], '')}:{quote(found[2], '')}" if found else ""


def _is_setting(name: str) -> bool:
    return name.startswith(("PIP_", "UV_")) or name in {
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    }


def _settings(environ: Mapping[str, str], keys: tuple[str, ...] = _REACH) -> dict[str, str]:
    """Read how to reach the index: pip's files, pip's variables, uv's; later ones win."""
    import configparser

    found: dict[str, str] = {}
    for file in _config_files(environ):
        parsed = configparser.RawConfigParser()
        try:
            parsed.read(file)
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself reports it
        for section in ("global", "install"):
            if parsed.has_section(section):
                found |= {key: value for key, value in parsed.items(section) if key in keys}
    for key in keys:
        if value := environ.get(f"PIP_{key.upper().replace('-', '_')}"):
            found[key] = value
    for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        if value := environ.get(name):
            found["index-url"] = value
    return found


def _config_files(environ: Mapping[str, str]) -> list[Path]:
    """Return pip's configuration files, the weakest first.

    Source: https://pip.pypa.io/en/stable/topics/configuration/.
    """
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    home = Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - never raises
    shared = [
        Path(base) / "pip" for base in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if base
    ]
    user = [
        home / ".pip",
        home / "Library/Application Support/pip",
        Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip",
    ]
    files = [folder / "pip.conf" for folder in [*shared, Path("/etc"), *user]]
    return files + ([Path(chosen)] if chosen else [])
