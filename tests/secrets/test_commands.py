"""Passwords and tokens among the arguments of commands."""

import time

import pytest

from labcoat.secrets.commands import find_arguments
from labcoat.secrets.content import find_in_content

# Assembled here, so that no file of this repository holds what looks like a secret.
PASSWORD = "Zx81" + "kLw0qPm4"
TOKEN = PASSWORD + "aB3dE6gH9jK2mN5p"

SECRET = (
    f"curl -u user:{PASSWORD} -O https://host.org/f",
    f"curl -uuser:{PASSWORD} https://host.org/f",
    f"/usr/bin/curl -fsSL --user=user:{PASSWORD} https://host.org/f",
    f"sudo -E curl \\\n    --proxy-user 'user:{PASSWORD}' \\\r\n    https://host.org/f",
    f"RUN --mount=type=cache,target=/c curl -U user:{PASSWORD} https://host.org/f",
    f'RUN ["curl", "-u", "user:{PASSWORD}", "https://host.org/f"]',
    f"HEALTHCHECK CMD curl -u user:{PASSWORD} http://localhost/",
    f"ENTRYPOINT app --token={TOKEN}",
    f'CMD [ "app", "--db-password", "{PASSWORD}" ]',
    f'curl -H "Authorization: Bearer {TOKEN}" https://host.org/f',
    f"curl --header 'PRIVATE-TOKEN: {TOKEN}' https://host.org/f",
    f"git clone https://{TOKEN}@git.host.org/o/r",
    f"git clone https://{TOKEN}:x-oauth-basic@git.host.org/o/r",
    f"wget --user me --password {PASSWORD} https://host.org/f",
    f"wget --http-password={PASSWORD} https://host.org/f",
    f"docker login -u me -p {PASSWORD} reg.host.org",
    f"if x; then podman login --password {PASSWORD}; fi",
    f"helm registry login -u me -p {PASSWORD} reg.host.org",
    f"twine upload -u me -p {PASSWORD} dist/*",
    f"mysql -uroot -p{PASSWORD} db",
    f"sshpass -p{PASSWORD} scp me@host:/f /f",
    f"redis-cli -a {PASSWORD} ping",
    f'echo "root:{PASSWORD}" | chpasswd',
    f"echo {PASSWORD} | docker login -u me --password-stdin reg.host.org",
    f"kubectl create secret generic db --from-literal=password={PASSWORD}",
    f"htpasswd -bc /etc/htpasswd me {PASSWORD}",
    f"useradd -p {PASSWORD} me",
    f"echo 'machine host.org login me password {PASSWORD}' > ~/.netrc",
    f"npm config set //reg.host.org/:_authToken={TOKEN}",
    f"poetry config http-basic.host me {TOKEN}",
    f"aws configure set aws_secret_access_key {TOKEN}",
    f"wandb login {TOKEN}",
    f"\t@curl -u user:{PASSWORD} https://host.org/f",
)


@pytest.mark.parametrize("command", SECRET)
def test_found_in_a_command(command: str) -> None:
    """The password is found, on its line."""
    text = f"# first\n{command}\n".encode()
    found = list(find_arguments(text))
    assert [each.sure for each in found] == [True]
    value = PASSWORD.encode()
    assert abs(text.find(value) - found[0].start) < 50
    assert find_in_content("Dockerfile", text)


HARMLESS = (
    "curl -u user:$PASSWORD https://host.org/f",
    'curl -u "user:$(cat /run/secrets/password)" https://host.org/f',
    "curl -u user:password https://host.org/f",
    "curl -u user https://host.org/f",
    "curl -H 'Authorization: Bearer ${TOKEN}' https://host.org/f",
    "curl -H 'Content-Type: application/json' https://host.org/f",
    "git clone https://git@github.com/o/r",
    "git clone https://name-of-a-long-organization@dev.azure.com/o/r",
    "docker run -p 127.0.0.1:8080:80 image",
    f"docker build --secret id=npm,src=/run/{TOKEN} .",
    f"docker login -u me --password-stdin {TOKEN}.host.org",
    f"mkdir -p {TOKEN} && cp -p {TOKEN} x",
    f"app --token-file {TOKEN} --password-file={TOKEN}",
    "app --password changeme --token your-token-1234",
    "gh secret set --secret MY_SECRET_NAME",
    "pip install --index-url https://user:$TOKEN@host.org/simple x",
    f"psql -p 5432 -h {TOKEN}",
    "echo 'root:root' | chpasswd",
    "echo $PASSWORD | docker login -u me --password-stdin reg.host.org",
    "adduser --quiet --ingroup web --disabled-password webserver",
    "psql --no-password warehouse && mysqldump --ask-password warehouse",
    "app --print-password warehouse --password-fd warehouse --password-command printsecret",
    f"app --skip-token {TOKEN} --pass-through {TOKEN}",
    f"kubectl create configmap c --from-literal=colour={TOKEN}",
)


@pytest.mark.parametrize("command", HARMLESS)
def test_not_found_in_a_command(command: str) -> None:
    """Variables, placeholders, and options that only look alike are no secrets."""
    assert list(find_arguments(f"{command}\n".encode())) == []


def test_many_commands_take_no_time() -> None:
    """Long lines, continued commands and many of them, up to a megabyte."""
    for text in (b"curl -u a:b " * 80_000, b"curl \\\n" * 20_000, b"curl x\n" * 3_000):
        start = time.process_time()
        list(find_arguments(text[: 1 << 20]))
        assert time.process_time() - start < 5


def test_address_of_sentry_is_not_sure() -> None:
    """Every program that reports its faults there has it; a token before another path is sure."""
    key = "9f86d081884c7d659a2feaa0c55ad015"
    for address, is_sure in (
        (f"https://{key}@o447951.ingest.sentry.io/4504", False),
        (f"https://{key}@git.corp.io/team/project", True),
    ):
        (found,) = find_arguments(f"./run.sh {address}\n".encode())
        assert found.sure is is_sure


def test_token_that_registers_a_runner_is_not_sure() -> None:
    """It is valid for an hour; the same value for another program may be valid still."""
    token = "AHRWFXQ3ZK7P2" + "MDL5TVBN4CJQ6SYGE"[:16]
    for program, is_sure in (("./config.sh --url https://github.com/a/b", False), ("./x", True)):
        (found,) = find_arguments(f"sudo {program} \\\n  --token {token} --name a\n".encode())
        assert found.sure is is_sure
