"""DKF: Dockerfiles."""

from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BASE,
    COPY_ALL,
    DIGEST,
    LOCK,
    Case,
    test_near_miss,
    test_rule,
)

CASES = [
    Case(
        "DKF002",
        {"Dockerfile": f"{BASE}ARG PIP=pip\nRUN $PIP install numpy\nUSER 1000\n"},
        {"Dockerfile": f"{BASE}ARG PIP=echo\nRUN $PIP install numpy\nUSER 1000\n"},
        name="pip in a variable",
    ),
    Case(
        "DKF002",
        {
            "Dockerfile": f"{BASE}ENV PIP_REQUIRE_HASHES=0\nRUN pip install -r l.txt\nUSER 1\n",
            "l.txt": "a==1\n",
        },
        {
            "Dockerfile": f"{BASE}ENV PIP_REQUIRE_HASHES=1\nRUN pip install -r l.txt\nUSER 1\n",
            "l.txt": "a==1\n",
        },
        name="hashes by a variable",
    ),
    Case(
        "DKF002",
        {"Dockerfile": f"{BASE}RUN sh <<END\npip install numpy\nEND\nUSER 1\n"},
        {"Dockerfile": f"{BASE}RUN cat >x.sh <<END\npip install numpy\nEND\nUSER 1\n"},
        name="here-document",
    ),
    *(
        Case(
            "DKF002",
            {f"docker/{name}": f"{BASE}RUN pip install numpy\nUSER 1000\n"},
            {f"docker/{name}": "echo RUN pip install numpy\n"},
            name=name,
        )
        for name in (
            "Dockerfile_gpu",
            "Containerfile_gpu",
            "Dockerfile-dev2",
            "dockerfile.gpu",
            "DockerfileAll",
        )
    ),
    Case(
        "DKF001",
        {"Dockerfile": f"{BASE}ONBUILD COPY --from=nginx:1 /x /x\nUSER 1000\n"},
        {"Dockerfile": f"{BASE}ONBUILD COPY --from=nginx{DIGEST} /x /x\nUSER 1000\n"},
        name="copy behind ONBUILD",
    ),
    Case(
        "DKF002",
        {"Dockerfile": f"{BASE}USER 1000\nONBUILD RUN pip install numpy\n"},
        {"Dockerfile": f"{BASE}USER 1000\nONBUILD RUN pip install --no-deps .\n"},
        name="pip behind ONBUILD",
    ),
    Case(
        "DKF003",
        {"Dockerfile": f"{BASE[:-1]} AS b\nUSER 1000\nONBUILD USER root\nFROM b\n"},
        {"Dockerfile": f"{BASE[:-1]} AS b\nONBUILD USER 1000\nFROM b\n"},
        name="user behind ONBUILD",
    ),
    Case(
        "DKF001",
        {"Dockerfile": "FROM python:3.11\nUSER 1000\n"},
        {"Dockerfile": f"ARG BASE=python:3.11{DIGEST}\nFROM $BASE AS a\nFROM a\nUSER 1000\n"},
        name="from",
    ),
    Case(
        "DKF001",
        {"Dockerfile": f"FROM a{DIGEST}\nRUN --mount=From=tools,target=/t ls /t\nUSER 1000\n"},
        {
            "Dockerfile": f"FROM a{DIGEST} AS tools\nRUN --mount=From=tools,target=/t ls\n"
            "RUN --mount='\"source=a,from=b\",target=/t' ls\nUSER 1000\n"
        },
        name="mount",
    ),
    Case(
        "DKF001",
        {"Dockerfile": f"{BASE}COPY --from=nginx:1 /x /x\nUSER 1000\n"},
        {
            "Dockerfile": f"{BASE[:-1]} AS b\nFROM scratch\n"
            "COPY --from=b /x /x\nCOPY --from=0 /x /y\nUSER 1000\n"
        },
        name="copy",
    ),
    Case(
        "DKF002",
        {"Dockerfile": f"{BASE}RUN apt-get update && pip install numpy\nUSER 1000\n"},
        {
            "Dockerfile": f"{BASE}RUN pip install --require-hashes -r /x.txt"
            " && pip install --no-deps .\nUSER 1000\n"
        },
        name="pip",
    ),
    Case(
        "DKF002",
        {
            "Dockerfile": f"{BASE}RUN pip install -r requirements.txt\nUSER 1000\n",
            "requirements.txt": "numpy==2\n",
        },
        {
            "Dockerfile": f"{BASE}RUN pip install -r requirements.txt\nUSER 1000\n",
            "requirements.txt": LOCK,
        },
        name="lock",
    ),
    Case(
        "DKF002",
        {
            "Dockerfile": f"{BASE}COPY setup /tmp/\nRUN bash -e /tmp/deps.sh\nUSER 1000\n",
            "setup/deps.sh": "set -e\nsudo pip install numpy\n",
        },
        {
            "Dockerfile": f"{BASE}COPY setup /tmp/\nRUN cat /tmp/deps.sh\nUSER 1000\n",
            "setup/deps.sh": "set -e\nsudo pip install numpy\n",
        },
        name="script",
    ),
    Case(
        "DKF003",
        {"Dockerfile": f"{BASE}USER 1000\nUSER root\n"},
        {"Dockerfile": f"{BASE}USER root\nUSER 1000\n"},
        name="root",
    ),
    Case(
        "DKF003",
        {"Dockerfile": BASE},
        {"Dockerfile": f"{BASE[:-1]} AS a\nUSER 1000\nFROM a\n"},
        name="none",
    ),
    Case(
        "DKF004", {"Dockerfile": "FORM x\n"}, {"Dockerfile": COPY_ALL, "Dockerfile.md": "not one"}
    ),
]
