"""Good practice of popular projects is not reported, or with a lower severity, or only once."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.messages import lint as messages
from support.repositories import Content, repository

DIGEST = "@sha256:" + "a" * 64
PINNED = f"FROM python:3.11{DIGEST}\nCOPY src /app\nUSER 1000\n"
LOCK = "numpy==2.0.0 --hash=sha256:" + "b" * 64 + "\n"
KEY = "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"

Files = dict[str, Content]

QUIET: dict[str, Files] = {
    "variables-without-secrets": {
        ".env.production": "REACT_APP_API=https://api.example.org\n",
        "tests/apps/.env": "FOO=env\n",
    },
    "stand-ins-for-secrets": {
        ".env.development": "SECRET_KEY=change-me\nPOSTGRES_PASSWORD=postgres\nDATABASE_URL=postgres://u:postgres@db/x\n"
    },
    "key-of-debug-builds": {"android/app/debug.keystore": "\xfe\xed"},
    "examples-of-variables": {
        "docker/sample.env": "TOKEN=abcdef0123456789\n",
        ".env.example": "TOKEN=abcdef0123456789\n",
    },
    "programs-about-dockerfiles": {
        "lib/dockerfile.js": "const a = 1\n",
        "src/Dockerfile.go": "package x\n",
        "Dockerfile.in": "FROM @x@\n",
    },
    "templates": {
        "{{cookiecutter.name}}/Dockerfile": "FROM python:{{ cookiecutter.python }}\n",
        "{{cookiecutter.name}}/requirements.txt": "{% if x %}\nnumpy\n",
        "template/Dockerfile": "FROM python:{{ python_version }}\nRUN pip install x\n",
    },
    "samples-of-tests": {
        "tests/fixtures/Dockerfile": "NONSENSE\n",
        "tests/fixtures/requirements.txt": "numpy\n",
        "test/files/Dockerfile.bad": "FROM\n",
        "testdata/.dockerignore": "[z-a]\n",
    },
    "carriage-return-in-a-name-of-macos": {".gitignore": b".DS_Store\nIcon\r\r\n._*\n"},
    "templates-of-ignore-files": {"templates/Python.gitignore": "venv # mine\n"},
    "bases-of-its-own": {
        "docker/spark-base.Dockerfile": PINNED,
        "docker/Dockerfile.spark-jobs": "FROM spark-base:latest\n",
        "Dockerfile": "FROM spark-jobs\nCOPY --from=spark-base /a /b\n",
        "src/a": "",
    },
    "installers": {
        "Dockerfile": f"{PINNED}RUN pip install --no-cache-dir -U pip setuptools 'wheel<1'\n",
        "src/a": "",
    },
    "wheels-made-before": {
        "Dockerfile": f"{PINNED}RUN pip install --no-index --find-links=/w /w/*\n",
        "src/a": "",
    },
    "lock-out-of-a-pipe": {
        "Dockerfile": f"{PINNED}RUN poetry export | pip install -r /dev/stdin\n",
        "src/a": "",
    },
    "lock-that-the-build-exports": {
        "Dockerfile": f"{PINNED}RUN uv export -o all.txt && pip install -r all.txt\n",
        "src/a": "",
    },
    "list-to-uninstall": {"requirements_uninstall.txt": "rsa\n"},
    "license-of-a-dockerfile": {"Dockerfile.j2.license": "SPDX-License-Identifier: MIT\n"},
    "image-that-a-dockerfile-tells-how-to-build": {
        "base/Dockerfile": f"# docker build --tag ours/base .\n{PINNED}",
        "Dockerfile": "FROM ours/base:latest\nCOPY src /app\n",
        "base/src/a": "",
        "src/a": "",
    },
    "image-that-a-readme-tells-how-to-build": {
        "README.md": "Run `docker build -t ours/base base`.\n",
        "base/Dockerfile": PINNED,
        "Dockerfile": "FROM ours/base:latest\nCOPY src /app\n",
        "base/src/a": "",
        "src/a": "",
    },
    "image-that-a-workflow-names": {
        ".github/workflows/image.yml": "jobs:\n  x:\n    steps:\n"
        "      - uses: docker/metadata-action@v5\n        with:\n"
        "          images: ${{ env.REGISTRY }}/ours/app\n",
        "Dockerfile": "FROM ghcr.io/ours/app:latest\nCOPY src /app\n",
        "src/a": "",
    },
    "image-of-a-folder-with-an-underscore": {
        "our_files/Dockerfile": PINNED,
        "our_files/src/a": "",
        "Dockerfile": f"{PINNED}RUN --mount=type=bind,from=ours/our_files:latest,target=/f ls /f\n",
        "src/a": "",
    },
    "image-of-another-folder": {
        "base-notebook/Dockerfile": PINNED.replace("COPY src /app\n", ""),
        "all-notebook/Dockerfile": "FROM quay.io/ours/base-notebook\n",
    },
    "image-that-a-script-builds": {
        "builder/Dockerfile": PINNED.replace("COPY src /app\n", ""),
        "app/Dockerfile": "FROM our_builder:latest\n",
        "build.sh": "docker build --tag our_builder builder && docker build app\n",
    },
    "module-with-words-of-its-package": {
        "requirements.txt": LOCK.replace("numpy", "grpcio-health-checking"),
        "a.py": "import grpc_health.v1\n",
    },
    "base-with-a-user": {"Dockerfile": f"FROM quay.io/jupyter/scipy-notebook:2024-01-01{DIGEST}\n"},
    "image-of-which-another-one-copies-files": {
        "shared/Dockerfile": "FROM alpine\nCOPY lib /lib\n",
        "shared/lib/a": "",
        "app/Dockerfile": f"{PINNED}COPY --from=shared /lib /lib\n",
        "app/src/a": "",
        "compose.yaml": "services:\n  shared:\n    image: shared\n    build: ./shared\n"
        "  app:\n    build: ./app\n",
    },
    "image-that-only-carries-files": {
        "Dockerfile": f"{PINNED[:-1]} \nFROM scratch\nCOPY src /\n",
        "src/a": "",
    },
    "persons-settings-in-scripts": {
        "a.sh": ". ~/.bashrc\nsource /venv/bin/activate\ncd build\nsource ../../env.sh\n"
    },
    "includes-that-may-lack": {"Makefile": "-include ../local.mk\n"},
    "named-in-a-docstring": {
        "requirements.txt": LOCK,
        "a.py": '"""Data\nfrom the station.\nimport pandas\n"""\nimport numpy\n',
    },
    "standard-long-ago": {
        "requirements.txt": LOCK,
        "a.py": "import distutils\nimport ConfigParser\n",
    },
    "imports-of-the-build": {
        "requirements.txt": LOCK,
        "setup.py": "from setuptools import setup\nsetup()\n",
    },
    "required-elsewhere": {
        "requirements.txt": LOCK,
        "pyproject.toml": "[tool.poetry.dependencies]\npandas = '^2'\n",
        "environment.yml": "dependencies:\n- scikit-learn=1.0\n",
        "a.py": "import pandas\nimport sklearn\nimport rest_framework\n",
        "setup.cfg": "[options]\ninstall_requires =\n    djangorestframework\n",
    },
    "other-names": {
        "requirements.txt": LOCK.replace("numpy", "python-json-logger"),
        "a.py": "import pythonjsonlogger\n",
    },
    "named-by-a-commit": {"requirements.txt": f"x @ git+https://example.org/x.git@{'a' * 40}\n"},
    "prose-and-paths": {"requirements.txt": "this is no requirement\n./local\n-e .\n"},
    "negations-for-files-to-come": {
        "Dockerfile": PINNED,
        ".dockerignore": "*.md\n!**/NOTES.*\n",
        "src/a": "",
    },
    "negation-written-twice": {
        ".gitignore": "local/**\n!local/.gitkeep\n!.gitkeep\n",
        "local/.gitkeep": "",
        "a": "",
    },
    "image-that-a-workflow-builds": {
        "docker/Dockerfile_env": PINNED,
        "Dockerfile": "FROM ours/env:latest\nFROM ours/tools\n",
        ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n"
        "    - run: docker build . --file docker/Dockerfile_env --tag ours/env:latest\n"
        "    - uses: docker/build-push-action@v6\n"
        "      with:\n        context: .\n        tags: ours/tools:2\n",
        "src/a": "",
    },
    "lock-that-is-copied-where-it-exists": {
        "Dockerfile": f"{PINNED}COPY requirements.tx* /x/requirements.txt\n"
        "RUN pip install -r /x/requirements.txt\n",
        "requirements.txt": LOCK,
        "src/a": "",
    },
    "lock-that-is-copied-under-another-name": {
        "Dockerfile": f"{PINNED}COPY docker/requirements-cpu.txt requirements.txt\n"
        "RUN pip install -r requirements.txt\n",
        "docker/requirements-cpu.txt": LOCK,
        "src/a": "",
    },
    "image-that-compose-names": {
        "ml/Dockerfile": PINNED,
        "essays/Dockerfile": "FROM my_shop-ml:latest\n",
        "compose.yml": "services:\n  ml:\n    build: ml\n  essays:\n    build: essays\n",
        "ml/src/a": "",
    },
    "programs-with-a-name-like-a-dockerfile": {
        "dockerfile-lint": "#!/bin/sh\n",
        "dockerfile_parser.py": "FROM = 1\n",
        "Dockerfile-notes.md": "FROM python\n",
    },
    "lists-of-what-a-run-had": {
        "wandb/offline-file/run-20240816_163335-5evqs6w5/files/requirements.txt": "numpy==1.0\n",
        "mlruns/0/5f1d/artifacts/model/requirements.txt": "numpy==1.0\n",
        "models/best/MLmodel": "flavors: {}\n",
        "models/best/requirements.txt": "mlflow\nnumpy==1.0\n",
    },
    "compose": {
        "compose.yml": "web:\n    build:\n      context: ./web\n"
        "      dockerfile: ../docker/web\ndb:\n    build: db\n",
        "Dockerfile": PINNED,
        "web/.dockerignore": "data\n",
        "db/.dockerignore": "data\n",
        "src/a": "",
    },
}


def rule_severities(root: Path) -> dict[str, Severity]:
    """Return the ids of the rules that the repository breaks, with the highest severity."""
    return {
        each.rule: each.severity
        for each in sorted(check_repository(root).findings, key=lambda each: each.severity)
    }


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home folder: no Kaggle credentials, no git settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KAGGLE_CONFIG_DIR", raising=False)


@pytest.mark.parametrize("files", QUIET.values(), ids=QUIET.keys())
def test_not_reported(files: Files, tmp_path: Path) -> None:
    """The check finds nothing."""
    assert check_repository(repository(tmp_path / "r", files)).findings == []


SEVERITIES: dict[str, tuple[Files, dict[str, Severity]]] = {
    "key-of-a-test": ({"tests/server.key": KEY}, {"SEC001": Severity.NOTE}),
    "key": ({"deploy/server.key": KEY}, {"SEC001": Severity.ERROR}),
    "variables": ({".env": "DEBUG=1\n"}, {"SEC001": Severity.NOTE}),
    "variables-with-a-secret": (
        {".env": "DEBUG=1\nAPI_KEY=9f86d081884c7d65\n"},
        {"SEC001": Severity.ERROR},
    ),
    "generated-for-a-test-of-all": (
        {".ci/compose.ci.yaml": 'POSTGRES_PASSWORD: "' + "FmTKs5vX52uf" + 'KR1rd8tn4MoSP7zv"\n'},
        {"SEC001": Severity.NOTE},
    ),
    "key-id-of-a-signed-address": (
        {
            "a.md": "https://b.s3.amazonaws.com/a?AWSAccessKeyId=AKIA"
            + "2FPBP3II4S6KTWEU&Signature=x"
        },
        {"SEC001": Severity.NOTE},
    ),
    "allowed-for-other-programs": (
        {"a.py": f"T = 'ghp_{'a1B2' * 9}'  # gitleaks:allow\n"},
        {"SEC001": Severity.NOTE},
    ),
    "wheel-by-its-address": (
        {
            "Dockerfile": f"{PINNED}RUN pip install https://a.org/x-1-py3-none-any.whl\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "ignore-file-of-another-program": (
        {"Dockerfile": PINNED, "src/a": "", "flow/.dockerignore": "data\n", "flow/a.py": ""},
        {"CTX005": Severity.NOTE},
    ),
    "ignore-file-beside-a-dockerfile": (
        {
            "web/Dockerfile": PINNED,
            "compose.yml": "services: {a: {build: {context: ., dockerfile: web/Dockerfile}}}\n",
            "src/a": "",
            "web/.dockerignore": "data\n",
        },
        {"CTX005": Severity.WARNING},
    ),
    "production-with-a-secret": (
        {".env.production": "export DB_PASSWORD='hunter2!x'\n"},
        {"SEC001": Severity.ERROR},
    ),
    "address-with-a-password": (
        {"prod.env": "DATABASE_URL=postgres://app:" + "Zx81kLw@db/x\n"},
        {"SEC001": Severity.ERROR},
    ),
    "tag": ({"Dockerfile": "FROM python:3.11\nUSER 1\n"}, {"DKF001": Severity.NOTE}),
    "no-tag": ({"Dockerfile": "FROM python\nUSER 1\n"}, {"DKF001": Severity.WARNING}),
    "unknown-base": (
        {"Dockerfile": f"FROM ghcr.io/ours/base:1{DIGEST}\n"},
        {"DKF003": Severity.NOTE},
    ),
    "one-program-alone": (
        {"Dockerfile": 'FROM scratch\nCOPY src /\nCMD ["/a"]\n', "src/a": ""},
        {"DKF003": Severity.NOTE},
    ),
    "base-of-its-own-under-a-common-name": (
        {"python.Dockerfile": PINNED, "Dockerfile": "FROM python\nUSER 1\n", "src/a": ""},
        {"DKF001": Severity.WARNING},
    ),
    "base-that-only-one-machine-has": (
        {"Dockerfile": "FROM tf_aug:latest\n"},
        {"DKF001": Severity.NOTE, "DKF003": Severity.NOTE},
    ),
    "no-longer-used": (
        {"deploy/archived/requirements.txt": "numpy==1.0\n"},
        {"REQ002": Severity.NOTE},
    ),
    "read-by-setup-py": (
        {"requirements.txt": "numpy==1.0\n", "setup.py": "open('requirements.txt')\nsetup()\n"},
        {"REQ002": Severity.NOTE},
    ),
    "most-of-it-from-conda": (
        {
            "requirements.txt": "".join(f"{n} @ file:///tmp/{n}_1\n" for n in "abcd")
            + "numpy==1.0\n"
        },
        {"REQ001": Severity.WARNING, "REQ002": Severity.NOTE},
    ),
    "server-that-drops-root": (
        {"Dockerfile": f"FROM nginx:1.29{DIGEST}\n"},
        {"DKF003": Severity.NOTE},
    ),
    "registry-with-a-port": (
        {"Dockerfile": f"FROM host:5000/ours:1{DIGEST}\n"},
        {"DKF003": Severity.NOTE},
    ),
    "script-that-drops-root": (
        {
            "Dockerfile": f'FROM python:3.11{DIGEST}\nCOPY src /app\nCMD ["/app/Start.sh"]\n',
            "src/start.sh": 'chown -R www-data: data\nexec uwsgi --uid www-data "$@"\n',
        },
        {"DKF003": Severity.NOTE},
    ),
    "program-that-drops-root": (
        {"Dockerfile": f"FROM python:3.11{DIGEST} AS a\nRUN apt-get install -y gosu\nFROM a\n"},
        {"DKF003": Severity.NOTE},
    ),
    "script-that-becomes-another-user": (
        {
            "db/Dockerfile": f'FROM ubuntu:24.04{DIGEST}\nCOPY start.sh /\nCMD ["/start.sh"]\n',
            "db/start.sh": "su - postgres -c '/usr/bin/postgres -D /data'\n",
        },
        {"DKF003": Severity.NOTE},
    ),
    "scripts-with-one-name": (
        {
            "db/start.sh": "su - postgres -c '/usr/bin/postgres -D /data'\n",
            "db/Dockerfile": f"FROM scratch{DIGEST}\nUSER 1\n",
            "web/start.sh": "su - root -c 'uwsgi'\n",
            "web/Dockerfile": f'FROM python:3.11{DIGEST}\nCOPY start.sh /\nCMD ["/start.sh"]\n',
        },
        {"DKF003": Severity.WARNING},
    ),
    "service-that-needs-root": (
        {"Dockerfile": f'FROM ubuntu:24.04{DIGEST}\nCMD ["cron", "-f"]\n'},
        {"DKF003": Severity.NOTE},
    ),
    "another-user-for-a-step-of-the-build": (
        {"Dockerfile": f"FROM debian{DIGEST}\nRUN su - postgres -c 'createdb x'\n"},
        {"DKF003": Severity.WARNING},
    ),
    "stage-for-tests": (
        {
            "Dockerfile": f"{PINNED.replace('11' + DIGEST, '11' + DIGEST + ' AS base')}"
            "FROM base AS dev-tools\nRUN pip install pytest\nFROM base AS production\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "stage-for-tests-below-what-is-shipped": (
        {
            "Dockerfile": f"{PINNED.replace('11' + DIGEST, '11' + DIGEST + ' AS dev')}"
            "RUN pip install requests\nFROM dev AS production\n",
            "src/a": "",
        },
        {"DKF002": Severity.WARNING},
    ),
    "exercises-of-a-course": (
        {
            "s7/exercise_files/a.dockerfile": "FROM python\nRUN pip install numpy\n",
            "2024/homework_solution/a.dockerfile": "FROM python\nRUN pip install numpy\n",
            "Docker_Labs/Lab1/requirements.txt": "numpy\n",
            "Week 2/hw1/requirements.txt": "numpy==1.0\n",
        },
        {
            "DKF001": Severity.NOTE,
            "DKF002": Severity.NOTE,
            "DKF003": Severity.NOTE,
            "REQ001": Severity.NOTE,
            "REQ002": Severity.NOTE,
        },
    ),
    "parts-of-a-tutorial": (
        {
            "part-2/requirements.txt": "numpy\n",
            "Section 3/requirements.txt": "numpy==1.0\n",
            "python/day_04/Dockerfile": "FROM python\n",
        },
        {
            "DKF001": Severity.NOTE,
            "DKF003": Severity.NOTE,
            "REQ001": Severity.NOTE,
            "REQ002": Severity.NOTE,
        },
    ),
    "lessons-of-a-course": (
        {
            "README.md": "# MLOps\n\nMaterial of a **course** in four weeks\n",
            **{f"0{n}-x/requirements.txt": "numpy\n" for n in range(1, 5)},
        },
        {"REQ001": Severity.NOTE},
    ),
    "program-beside-the-lessons-of-a-course": (
        {
            "README.md": "# MLOps\n\nMaterial of a **course** in four weeks\n",
            **{f"s{n}_x/a.py": "" for n in range(1, 5)},
            "tools/requirements.txt": "numpy\n",
        },
        {"REQ001": Severity.WARNING},
    ),
    "numbered-stages-of-a-pipeline": (
        {
            "README.md": "# Pipeline\n\nOf course it runs in four stages\n",
            **{f"0{n}-x/requirements.txt": "numpy\n" for n in range(1, 5)},
        },
        {"REQ001": Severity.WARNING},
    ),
    **{
        f"versions-beside-a-course-{name}": (
            {"README.md": "# Images\n\nSee the course\n", **dict.fromkeys(paths, "numpy\n")},
            {"REQ001": Severity.WARNING},
        )
        for name, paths in {
            "of-a-database": [f"{n}/requirements.txt" for n in range(11, 17)],
            "of-an-interface": [f"v{n}/requirements.txt" for n in range(1, 5)],
            "with-a-dot": [f"{n}.0/requirements.txt" for n in range(1, 5)],
        }.items()
    },
    "two-versions-of-what-a-course-needs": (
        {
            "README.md": "# My project for the course\n",
            **{f"v{n}/requirements.txt": "numpy\n" for n in range(1, 3)},
        },
        {"REQ001": Severity.WARNING},
    ),
    "parts-of-a-program": (
        {
            "parts/requirements.txt": "numpy\n",
            "holiday-3/requirements.txt": "numpy==1.0\n",
        },
        {"REQ001": Severity.WARNING, "REQ002": Severity.WARNING},
    ),
    "version-at-an-address": (
        {
            "requirements.txt": "en_core_web_sm @ https://example.org/en_core_web_sm-3.7.1/"
            "en_core_web_sm-3.7.1-py3-none-any.whl\n"
            "https://example.org/auto_gptq-0.4.2%2Bcu118-cp310-cp310-linux_x86_64.whl\n"
            "https://example.org/spam-1.0.2.tar.gz\n"
            "https://example.org/u/r/archive/refs/tags/v1.2.zip\n"
            f"https://example.org/u/r/archive/{'a1' * 20}.zip\n"
        },
        {"REQ001": Severity.NOTE},
    ),
    "branch-at-an-address": (
        {"requirements.txt": "https://example.org/u/r/archive/main.zip\n"},
        {"REQ001": Severity.WARNING},
    ),
    **{
        f"moving-file-{name}": (
            {"requirements.txt": f"{address}\n"},
            {"REQ001": Severity.WARNING},
        )
        for name, address in {
            "without-a-certificate": "http://example.org/spam-1.0.2-py3-none-any.whl",
            "of-the-night": "https://example.org/nightly/spam-2.1.0-py3-none-any.whl",
            "of-the-latest-commit": "https://example.org/ray-3.0.0.dev0-cp310-cp310-any.whl",
            "of-the-latest-release": "https://example.org/latest/download/spam-1.0.zip",
            "of-a-branch": "https://example.org/u/r/archive/refs/heads/release-1.2.zip",
        }.items()
    },
    "newest-wheel-at-an-address": (
        {"requirements.txt": "https://example.org/3.7.1/ray-latest-cp310-none-any.whl\n"},
        {"REQ001": Severity.WARNING},
    ),
    "picture-that-was-added-on-purpose": (
        {
            ".gitignore": "*.png\n*.spec\ndata/\n",
            "img/logo.png": "x",
            "app.spec": "a = 1\n",
            "data/a.csv.dvc": "md5: 1\n",
        },
        {"GIT001": Severity.NOTE},
    ),
    "pictures-that-a-program-writes": (
        {".gitignore": "*.png\n", **{f"plots/{n}.png": str(n) for n in range(4)}},
        {"GIT001": Severity.WARNING},
    ),
    "picture-in-a-folder-of-results": (
        {".gitignore": "results/\n", "results/loss.png": "x"},
        {"GIT001": Severity.WARNING},
    ),
    "database-that-was-added": (
        {".gitignore": "*.db\n", "todo.db": "x"},
        {"GIT001": Severity.WARNING},
    ),
    "copy-of-another-project": (
        {
            "LICENSE": "MIT License. Copyright (c) 2031 us\n",
            "own/LICENSE": "MIT License.\nCopyright (c) 2031 us\n",
            "own/requirements.txt": "numpy==1.0\n",
            "yolo/LICENSE": "GNU General Public License\n",
            "yolo/requirements.txt": "numpy\n",
            "yolo/docker/Dockerfile": "FROM python\n",
        },
        {
            "REQ002": Severity.WARNING,
            "REQ001": Severity.NOTE,
            "DKF001": Severity.NOTE,
            "DKF003": Severity.NOTE,
        },
    ),
    "copy-of-another-project-without-a-licence-at-the-root": (
        {
            "yolo/LICENSE": "GNU General Public License\n",
            "yolo/CITATION.cff": "title: yolo\n",
            "yolo/requirements.txt": "numpy\n",
            "part/LICENSE": "MIT License\n",
            "part/requirements.txt": "numpy==1.0\n",
        },
        {"REQ001": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    "tools-in-an-image": (
        {
            "Dockerfile": f"{PINNED}RUN pip install 'pytest>=8' pytest-cov\nUSER 1000\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "list-of-tools": (
        {"requirements.tooling.txt": "pytest\nblack\n", "requirements-style.txt": "black==1.0\n"},
        {"REQ001": Severity.NOTE, "REQ002": Severity.NOTE},
    ),
    "laboratory-that-others-use": (
        {"ml-lab/requirements.txt": "numpy\n", "labels/requirements.txt": "numpy==1.0\n"},
        {"REQ001": Severity.WARNING, "REQ002": Severity.WARNING},
    ),
    "secret-of-an-exercise": ({"Labs/Lab_1/server.key": KEY}, {"SEC001": Severity.ERROR}),
    "script-that-stays-root": (
        {
            "Dockerfile": f'FROM python:3.11{DIGEST}\nCOPY src /app\nCMD ["/app/start.sh"]\n',
            "src/start.sh": 'exec uwsgi "$@"\n',
            "other.sh": "chown -R www-data: data\n",
        },
        {"DKF003": Severity.WARNING},
    ),
    "lists-for-documentation-and-tests": (
        {
            "docs-requirements.txt": "sphinx==7.1\n",
            "requirements/rtd.txt": "sphinx\n",
            "x/benchmark-requirements.txt": "pytest-benchmark==4.0\n",
            "x/requirements.oldest.txt": "requests==2.0\n",
        },
        {"REQ001": Severity.NOTE, "REQ002": Severity.NOTE},
    ),
    "lists-with-other-names": (
        {"requirements-docstore.txt": "flask==1.0\n", "benchmarking_requirements.txt": "django\n"},
        {"REQ001": Severity.WARNING, "REQ002": Severity.WARNING},
    ),
    "list-of-those-who-develop": (
        {"requirements.txt": "-e .[brotli]\nmkdocs==1.6\n"},
        {"REQ002": Severity.NOTE},
    ),
    "version-that-the-shell-completes": (
        {
            "Dockerfile": f"{PINNED}RUN pip install jaxlib==0.1+cuda$(cut -f1,2 -d. <<< $C)\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "pinned-without-hashes": (
        {"Dockerfile": f"{PINNED}RUN pip install uv==0.5.1\n", "src/a": ""},
        {"DKF002": Severity.NOTE},
    ),
    "list-that-is-copied-under-another-name": (
        {
            "Dockerfile": f"{PINNED}COPY few.txt requirements.txt\n"
            "RUN pip install -r requirements.txt\n",
            "few.txt": "numpy==1.0\n",
            "requirements.txt": LOCK,
            "src/a": "",
        },
        {"DKF002": Severity.WARNING},
    ),
    "list-that-is-reported-itself": (
        {
            "app/Dockerfile": f"{PINNED}COPY app/requirements.txt /tmp/\n"
            "RUN pip install -r /tmp/requirements.txt\n",
            "app/requirements.txt": "numpy==1.0\n",
            "docs/requirements.txt": "sphinx==1.0\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    **{
        f"list-of-another-repository-{name}": (
            {
                "Dockerfile": f"{PINNED}COPY requirements.txt .\n{steps}\n",
                "requirements.txt": "numpy\n",
                "install.sh": "git clone https://example.org/y\npip install -r requirements.txt\n",
                "src/a": "",
            },
            {"DKF002": Severity.WARNING, "REQ001": Severity.WARNING},
        )
        for name, steps in {
            "address": "RUN pip install -r https://example.org/a/requirements.txt",
            "clone": "RUN git clone https://example.org/a/y && pip install -r y/requirements.txt",
            "clone-before": "RUN git clone https://example.org/a/y /y\nWORKDIR /y\n"
            "RUN pip install -r requirements.txt",
            "download": "RUN wget https://example.org/requirements.txt\n"
            "RUN pip install -r requirements.txt",
            "add": "ADD https://example.org/a/requirements.txt /a/\n"
            "RUN pip install -r /a/requirements.txt",
            "script": "COPY install.sh .\nRUN sh install.sh",
        }.items()
    },
    "package-beside-a-list-of-another-repository": (
        {
            "Dockerfile": f"{PINNED}RUN git clone https://example.org/a/y\n"
            "RUN pip install -r y/requirements.txt\nRUN pip install numpy\n",
            "requirements.txt": LOCK,
            "src/a": "",
        },
        {"DKF002": Severity.WARNING},
    ),
    "list-that-is-only-noted": (
        {
            "app/Dockerfile": f"{PINNED}COPY docs/requirements.txt /tmp/\n"
            "RUN pip install -r /tmp/requirements.txt\n",
            "app/requirements.txt": LOCK.replace("--hash", "#"),
            "docs/requirements.txt": "sphinx==1.0\n",
            "src/a": "",
        },
        {"DKF002": Severity.WARNING, "REQ002": Severity.WARNING},
    ),
    "list-that-the-repository-lacks": (
        {
            "Dockerfile": f"{PINNED}RUN pip install -r a.txt -r requirements.txt\n",
            "requirements.txt": "numpy==1.0\n",
            "src/a": "",
        },
        {"DKF002": Severity.WARNING, "REQ002": Severity.WARNING},
    ),
    "pins-that-have-no-hashes-yet": (
        {"requirements.txt": "numpy==1.0\npandas==2.0\nscipy\n"},
        {"REQ001": Severity.WARNING, "REQ002": Severity.NOTE},
    ),
    "pins-beside-a-tag": (
        {"requirements.txt": "numpy==1.0\nx @ git+https://example.org/x.git@v1.2.0\n"},
        {"REQ001": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    "image-of-the-documentation": (
        {"dockerfile-docs": f"{PINNED}RUN pip install mkdocs\n", "src/a": ""},
        {"DKF002": Severity.NOTE},
    ),
    "images-of-editors": (
        {
            ".gitpod.Dockerfile": "FROM python:3.11\nRUN pip install mock\n",
            "a/.cursor/Dockerfile": "FROM python:3.11\nRUN pip install mock\n",
        },
        {"DKF001": Severity.NOTE, "DKF002": Severity.NOTE, "DKF003": Severity.NOTE},
    ),
    **{
        f"image-of-a-program-{path}": (
            {path: f"{PINNED}RUN pip install flask\n", "src/a": ""},
            {"DKF002": Severity.WARNING},
        )
        for path in (
            *("services/doc-parser/Dockerfile", "chat-with-docs/Dockerfile", "doc-api.Dockerfile"),
            *("section508/Dockerfile", "day2-ops/Dockerfile"),
        )
    },
    "image-in-a-hidden-folder": (
        {".img/Dockerfile": f"{PINNED}RUN pip install mock\n", "src/a": ""},
        {"DKF002": Severity.WARNING},
    ),
    "image-of-a-store-of-documents": (
        {"Dockerfile.docstore": f"{PINNED}RUN pip install flask\n", "src/a": ""},
        {"DKF002": Severity.WARNING},
    ),
    "secret-of-a-line-in-a-context": (
        {"Dockerfile": PINNED, "src/a": "", "app.ini": f"secret_key = {'k3W9vTq2' + 'Zx8LmP4r'}\n"},
        {"SEC001": Severity.ERROR, "SEC003": Severity.NOTE},
    ),
    "file-for-secrets-in-a-context": (
        {"Dockerfile": PINNED, "src/a": "", "app.env": f"SECRET_KEY={'k3W9vTq2' + 'Zx8LmP4r'}\n"},
        {"SEC001": Severity.ERROR, "SEC003": Severity.WARNING},
    ),
    **{
        f"image-{name}": (
            {
                "shared/Dockerfile": f"FROM alpine\nCOPY lib /lib\n{last}\n",
                "shared/lib/a": "",
                "app/Dockerfile": f"{PINNED}COPY --from={source} /lib /lib\n",
                "app/src/a": "",
                "compose.yaml": "services:\n  shared:\n    image: shared\n    build: ./shared\n"
                "  app:\n    build: ./app\n",
            },
            {"DKF001": Severity.WARNING, "DKF003": Severity.WARNING},
        )
        for name, last, source in (
            ("that-starts-a-program", 'CMD ["/lib/a"]', "shared"),
            ("that-installs", "RUN apk add curl", "shared"),
            ("of-which-none-copies-files", "", f"other{DIGEST}"),
        )
    },
    "image-in-a-folder-named-as-one-of-docker": (
        {
            "busybox/Dockerfile": "FROM alpine\nCOPY lib /lib\n",
            "busybox/lib/a": "",
            "app/Dockerfile": f"{PINNED}COPY --from=busybox{DIGEST} /bin/sh /bin/\n",
            "app/src/a": "",
        },
        {"DKF001": Severity.WARNING, "DKF003": Severity.WARNING},
    ),
    "secret-of-a-line-in-an-image": (
        {
            "Dockerfile": f"{PINNED.replace('src', 'app.ini')}",
            "app.ini": f"secret_key = {'k3W9vTq2' + 'Zx8LmP4r'}\n",
        },
        {"SEC001": Severity.ERROR, "SEC002": Severity.NOTE},
    ),
    "file-for-secrets-in-an-image": (
        {
            "Dockerfile": f"{PINNED.replace('src', 'app.env')}",
            "app.env": f"SECRET_KEY={'k3W9vTq2' + 'Zx8LmP4r'}\n",
        },
        {"SEC001": Severity.ERROR, "SEC002": Severity.ERROR},
    ),
    "installed-after-the-list-that-pins-it": (
        {
            "Dockerfile": f"{PINNED}RUN pip install -r requirements.txt && pip install NumPy\n"
            "RUN pip install numpy\n",
            "requirements.txt": "numpy==1.0\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    "installed-in-a-stage-on-top-of-the-list": (
        {
            "Dockerfile": PINNED.replace("\n", " AS a\nRUN pip install -r requirements.txt\n", 1)
            + "FROM a\nRUN pip install numpy\nUSER 1000\n",
            "requirements.txt": "numpy==1.0\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    **{
        f"installed-{name}": (
            {
                "Dockerfile": f"{PINNED}{commands}\n",
                "requirements.txt": "numpy==1.0\nscipy==1.0 ; python_version < '3'\n",
                "src/a": "",
            },
            {"DKF002": Severity.WARNING, "REQ002": Severity.WARNING},
        )
        for name, commands in {
            "before-the-list": "RUN pip install numpy && pip install -r requirements.txt",
            "besides-the-list": "RUN pip install -r requirements.txt && pip install numpy pandas",
            "again": "RUN pip install -r requirements.txt && pip install -U numpy",
            "with-an-extra": "RUN pip install -r requirements.txt && pip install numpy[all]",
            "at-least": "RUN pip install -r requirements.txt && pip install 'numpy>=1'",
            "for-another-python": "RUN pip install -r requirements.txt && /v/bin/pip install numpy",
            "perhaps-not-pinned": "RUN pip install -r requirements.txt && pip install scipy",
            "in-another-image": "RUN pip install -r requirements.txt\n"
            f"{PINNED}RUN pip install numpy",
        }.items()
    },
    "programs-that-lock": (
        {
            "Dockerfile": f"{PINNED}RUN pip install poetry==2.0.1 poetry-plugin-export\n",
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "own-wheel": (
        {"Dockerfile": f"{PINNED}RUN pip install dist/*.whl\n", "src/a": ""},
        {"DKF002": Severity.NOTE},
    ),
    "redirected": (
        {"Dockerfile": f"{PINNED}RUN pip install numpy>=2\n", "src/a": ""},
        {"DKF002": Severity.ERROR},
    ),
    "brought-by-others-perhaps": (
        {"requirements.txt": "flask==3.0\n", "a.py": "import werkzeug\n"},
        {"REQ005": Severity.NOTE, "REQ002": Severity.WARNING},
    ),
    "of-one-machine": (
        {"requirements.txt": "numpy @ file:///tmp/build/numpy_1\n"},
        {"REQ001": Severity.WARNING},
    ),
    "history-that-is-copied-on-purpose": (
        {"Dockerfile": f"{PINNED}COPY .git /app/.git\n", "src/a": ""},
        {"CTX002": Severity.NOTE},
    ),
    "input-of-another-file": (
        {"base_requirements.txt": "numpy\n", "requirements.txt": LOCK},
        {"REQ001": Severity.NOTE},
    ),
    "requirements-of-a-package": (
        {
            "requirements/s3.txt": "boto3>=1\n",
            "pyproject.toml": "[build-system]\n[project]\ndependencies = ['Boto3>=1', 'x']\n",
        },
        {"REQ001": Severity.NOTE},
    ),
    "requirements-of-a-setup-file": (
        {
            "a/requirements.txt": "numpy\nScipy>1\n",
            "a/setup.py": "setup(install_requires=['numpy', 'scipy>=1', 'x'])\n",
            "b/requirements.txt": "numpy\n",
            "b/setup.cfg": "[options]\ninstall_requires =\n    numpy\n    x\n",
        },
        {"REQ001": Severity.NOTE},
    ),
    "requirements-of-pbr": (
        {"requirements.txt": "cliff\n", "setup.py": "setup(setup_requires=['pbr'], pbr=True)\n"},
        {"REQ001": Severity.NOTE},
    ),
    "requirements-of-a-plain-setup-file": (
        {"requirements.txt": "cliff\n", "setup.py": "setup(setup_requires=['wheel'])\n"},
        {"REQ001": Severity.WARNING},
    ),
    "list-that-another-file-pins-nearly": (
        {
            "loose.requirements.txt": "".join(f"a{each}\n" for each in range(11)),
            "requirements.txt": "".join(
                f"a{each}==1 --hash=sha256:{'b' * 64}\n" for each in range(10)
            ),
        },
        {"REQ001": Severity.NOTE},
    ),
    "list-that-another-file-pins-by-half": (
        {
            "loose.requirements.txt": "".join(f"a{each}\n" for each in range(11)),
            "requirements.txt": "".join(
                f"a{each}==1 --hash=sha256:{'b' * 64}\n" for each in range(5)
            ),
        },
        {"REQ001": Severity.WARNING},
    ),
    "chapters-of-a-book": (
        {
            "ch02/bonus/requirements-extra.txt": "tqdm\n",
            "x/week_2_ingestion/requirements.txt": "a\n",
        },
        {"REQ001": Severity.NOTE},
    ),
    "lists-of-linters-and-tests": (
        {"lint_requirements.txt": "ruff\n", "functest_requirements.txt": "a\n"},
        {"REQ001": Severity.NOTE},
    ),
    "folder-that-is-no-chapter": (
        {"check02/requirements.txt": "tqdm\n"},
        {"REQ001": Severity.WARNING},
    ),
    "image-with-the-name-of-a-folder": (
        {
            "files/Dockerfile": PINNED,
            "files/src/a": "",
            "Dockerfile": "FROM ours/files:latest\nUSER 1000\nCOPY src /app\n",
            "src/a": "",
        },
        {"DKF001": Severity.WARNING},
    ),
    "tracked-environment": (
        {
            ".gitignore": "venv/\n",
            "venv/pyvenv.cfg": "home = /usr\n",
            "venv/lib/a.so": "x",
        },
        {"ENV001": Severity.ERROR},
    ),
    "secret-sent-to-the-build-of-a-test": (
        {
            "tests/Dockerfile": f"FROM python:3.11{DIGEST}\nUSER 1000\nCOPY src/a /a\n",
            "src/a": "",
            "deploy/server.key": KEY,
        },
        {"SEC001": Severity.ERROR, "SEC003": Severity.NOTE},
    ),
    "secret-sent-to-a-build": (
        {
            "docker/Dockerfile": f"FROM python:3.11{DIGEST}\nUSER 1000\nCOPY src/a /a\n",
            "src/a": "",
            "deploy/server.key": KEY,
        },
        {"SEC001": Severity.ERROR, "SEC003": Severity.WARNING},
    ),
    "requirements-that-a-setup-file-lacks": (
        {
            "requirements.txt": "numpy\nscipy\n",
            "setup.py": "setup(install_requires=['numpy'])\n",
        },
        {"REQ001": Severity.WARNING},
    ),
    "negations-of-what-nothing-ignores": (
        {"Dockerfile": PINNED, ".dockerignore": ".git\n!src\n", "src/a": ""},
        {"IGN006": Severity.NOTE},
    ),
    "negation-that-is-overruled": (
        {"Dockerfile": PINNED, ".dockerignore": ".git\n!a.md\n*.md\n", "src/a": "", "a.md": "x"},
        {"IGN006": Severity.WARNING},
    ),
    "pinned-to-a-tag": (
        {"requirements.txt": "x @ git+https://example.org/x.git@v0.2.5\n"},
        {"REQ001": Severity.NOTE},
    ),
    "of-a-branch": (
        {"requirements.txt": "x @ git+https://example.org/x.git@main\n"},
        {"REQ001": Severity.WARNING},
    ),
    "hardly-pinned": (
        {"requirements.txt": "numpy\npandas\nscipy==1.0\n"},
        {"REQ001": Severity.WARNING, "REQ002": Severity.NOTE},
    ),
    "packages-that-the-builder-chooses": (
        {
            "Dockerfile": f'{PINNED}ARG MORE\nRUN [ -z "$MORE" ] || pip install "$MORE"\n',
            "src/a": "",
        },
        {"DKF002": Severity.NOTE},
    ),
    "saved-by-powershell": (
        {"requirements.txt": "numpy\n".encode("utf-16")},
        {"REQ001": Severity.WARNING},
    ),
}


@pytest.mark.parametrize(("files", "expected"), SEVERITIES.values(), ids=SEVERITIES.keys())
def test_severity(files: Files, expected: dict[str, Severity], tmp_path: Path) -> None:
    """What is certainly wrong has a higher severity than what may be intended."""
    assert rule_severities(repository(tmp_path / "r", files)) == expected


def test_consequence_counts_where_its_cause_is_not_reported(tmp_path: Path) -> None:
    """Without the rules about lists, the build that installs one is a warning."""
    files: Files = {
        "Dockerfile": f"{PINNED}RUN pip install -r requirements.txt\n",
        "requirements.txt": "numpy\n",
        "src/a": "",
    }
    root = repository(tmp_path / "r", files)
    for chosen in (
        Selection(select=("DKF",)),
        Selection(select=("DKF002", "REQ003")),
        Selection(ignore=("REQ",)),
        Selection(ignore=("REQ001",)),
    ):
        found = [each for each in check_repository(root, chosen).findings if each.rule == "DKF002"]
        assert [each.severity for each in found] == [Severity.WARNING]
    reason = 'ignore = [{ rule = "REQ001", path = "*", reason = "they are many" }]'
    files["pyproject.toml"] = f"[tool.labcoat]\n{reason}\n"
    root = repository(tmp_path / "suppressed", files)
    assert rule_severities(root) == {"DKF002": Severity.WARNING}


def test_many_unpinned_are_one_finding(tmp_path: Path) -> None:
    """A file that pins nothing gets one finding, with the number and the first names."""
    root = repository(tmp_path / "r", {"requirements.txt": "a\nb\nc\nd\ne==1\n"})
    findings = [each for each in check_repository(root).findings if each.rule == "REQ001"]
    assert [each.line for each in findings] == [1]
    assert "4 of 5 are not pinned (a, b, c …)" in findings[0].message


def test_many_commands_of_a_run_are_one_finding(tmp_path: Path) -> None:
    """One lock pins all that a Dockerfile installs; the first finding names the other lines."""
    files: Files = {
        "Dockerfile": f"{PINNED}RUN pip install -U pip && pip install a && pip install b c \\\n"
        "    && pip install d==1 && pip install e\nRUN pip install f\n",
        "src/a": "",
    }
    findings = check_repository(repository(tmp_path / "r", files)).findings
    loose = [each for each in findings if each.rule == "DKF002" and "whatever" in each.message]
    assert [(each.severity, each.line) for each in loose] == [
        (Severity.WARNING, 4),
        (Severity.NOTE, 6),
    ]
    assert "`pip install a` and 2 more commands install whatever" in loose[0].message
    assert loose[0].message.endswith("; the same on line 6")
    assert "`pip install f` installs whatever" in loose[1].message


def test_builds_with_the_same_context_are_one_finding(tmp_path: Path) -> None:
    """Three Dockerfiles that share an ignore file get one finding for each fault in it."""
    files: Files = {f"Dockerfile.{name}": PINNED.replace("src", ".") for name in ("a", "b", "c")}
    root = repository(
        tmp_path / "r",
        {**files, "kaggle.json": "{}"},
        {"venv/pyvenv.cfg": "", "venv/bin/python": ""},
    )
    found = [each.rule for each in check_repository(root).findings]
    assert sorted(found) == ["CTX001", "CTX002", "ENV002", "SEC001", "SEC002"]
    assert any(
        messages.MORE_DOCKERFILES in each.message for each in check_repository(root).findings
    )


@pytest.mark.parametrize(
    "text",
    [
        "# X\n\nCode of our paper at the Workshop on X",
        "# X\n\nbooktitle={Lecture Notes in Computer Science}",
        "# Curriculum learning for robots",
        "# X\n\nIn the course of the study",
        "# X\n\nProjet en cours",
        "# X\n\nIt is documented in [a tutorial](x).",
    ],
)
def test_readme_that_teaches_nothing(text: str, tmp_path: Path) -> None:
    """Numbered stages are no lessons because a README has a word of teachers."""
    files = {f"0{n}-x/requirements.txt": "numpy\n" for n in range(1, 5)}
    root = repository(tmp_path / "r", {"README.md": text, **files})
    assert rule_severities(root) == {"REQ001": Severity.WARNING}
