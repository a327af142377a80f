"""Names of packages that people mean when they write another one."""

from labcoat.core.package_names import normalize_name

# The most common modules whose distribution has another name; empty if several provide it.
DISTRIBUTIONS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex", "dateutil": "python-dateutil", "docx": "python-docx",
    "dotenv": "python-dotenv", "faiss": "faiss-cpu", "fitz": "pymupdf", "git": "gitpython",
    "github": "pygithub", "gi": "pygobject", "google": "",
    "googleapiclient": "google-api-python-client", "grpc": "grpcio", "jose": "python-jose",
    "jwt": "pyjwt", "kaggle_secrets": "", "keras": "", "ldap": "python-ldap",
    "lightning_fabric": "lightning", "magic": "python-magic", "mpl_toolkits": "matplotlib",
    "MySQLdb": "mysqlclient", "nacl": "pynacl", "OpenSSL": "pyopenssl", "osgeo": "gdal",
    "absl": "absl-py", "Bio": "biopython", "bson": "pymongo", "cairo": "pycairo",
    "community": "python-louvain", "dash_core_components": "dash",
    "dash_html_components": "dash", "dns": "dnspython", "gridfs": "pymongo", "humps": "pyhumps",
    "igraph": "", "imblearn": "imbalanced-learn", "iterstrat": "iterative-stratification",
    "kafka": "kafka-python", "Levenshtein": "",
    "multipart": "", "OpenGL": "pyopengl", "past": "future", "patoolib": "patool",
    "pytorch_lightning": "", "pywt": "pywavelets", "rapidjson": "python-rapidjson",
    "skopt": "scikit-optimize", "slugify": "", "snappy": "python-snappy", "stdnum":
    "python-stdnum", "talib": "ta-lib", "unidecode": "", "vaderSentiment": "", "zstd": "",
    "PIL": "pillow", "pkg_resources": "setuptools", "pl_bolts": "lightning-bolts",
    "pptx": "python-pptx", "psycopg2": "psycopg2-binary", "pylab": "matplotlib",
    "pythonjsonlogger": "python-json-logger", "pywintypes": "pywin32",
    "rest_framework": "djangorestframework", "ruamel": "ruamel-yaml", "serial": "pyserial",
    "skimage": "scikit-image", "sklearn": "scikit-learn", "slack": "slackclient",
    "snowflake": "snowflake-connector-python", "socks": "pysocks",
    "speech_recognition": "speechrecognition", "telegram": "python-telegram-bot", "tensorflow": "",
    "tlz": "toolz", "torchvision": "", "torchaudio": "", "umap": "umap-learn", "usb": "pyusb",
    "wx": "wxpython", "win32api": "pywin32", "win32con": "pywin32", "win32com": "pywin32",
    "Xlib": "python-xlib", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
# Packages that many projects use.
_POPULAR = """
absl-py accelerate aiohttp albumentations alembic altair anthropic anyio apache-airflow arrow
asyncpg attrs azure-storage-blob babel bcrypt beautifulsoup4 black bokeh boto3 botocore cachetools
catboost celery certifi charset-normalizer click cloudpickle colorama cryptography cython dash dask
datasets decorator deepspeed dill diffusers django djangorestframework docker docutils duckdb einops
elasticsearch evaluate fastai fastapi faiss-cpu filelock flake8 flask fonttools fsspec gensim
geopandas gitpython google-cloud-storage gradio graphviz greenlet grpcio gunicorn gym gymnasium h5py
httpx huggingface-hub hydra-core hypothesis idna imageio imbalanced-learn importlib-metadata
ipykernel ipython ipywidgets isort itsdangerous jax jaxlib jinja2 joblib jsonschema jupyter
jupyterlab kaggle keras kiwisolver kubernetes langchain librosa lightgbm lightning llvmlite loguru
lxml mako markdown markupsafe matplotlib mlflow mock moto mypy mysqlclient networkx nltk notebook
numba numexpr numpy omegaconf openai opencv-python opencv-python-headless openpyxl optuna orjson
packaging pandas paramiko patsy peft pillow pip-tools plotly polars pre-commit prometheus-client
prophet protobuf psutil psycopg psycopg2 psycopg2-binary pyarrow pycocotools pycryptodome pydantic
pygments pyinstaller pyjwt pylint pymongo pymysql pyodbc pyopenssl pyparsing pyqt5 pyserial pyspark
pytest pytest-cov python-dateutil python-dotenv pytorch-lightning pytz pywavelets pywin32 pyyaml
pyzmq ray redis regex requests rich ruff s3fs safetensors scikit-image scikit-learn scipy scrapy
seaborn selenium sentence-transformers sentencepiece sentry-sdk setuptools shap shapely six spacy
sphinx sqlalchemy starlette statsmodels streamlit sympy tabulate tenacity tensorboard tensorflow
termcolor tiktoken timm tokenizers toml tomli torch torchaudio torchmetrics torchvision tornado tox
tqdm transformers typer typing-extensions tzdata ujson ultralytics urllib3 uvicorn virtualenv wandb
watchdog websockets werkzeug wheel xarray xgboost xlrd xlsxwriter yfinance zarr
"""
# What other ecosystems, or people, call a package.
_OTHER_NAMES = {
    "beautifulsoup": "beautifulsoup4", "huggingface": "huggingface-hub",
    "ipython-notebook": "notebook", "jupyter-lab": "jupyterlab", "jupyter-notebook": "notebook",
    "matplot": "matplotlib", "mysql-python": "mysqlclient", "open-cv": "opencv-python",
    "opencv": "opencv-python", "opencv-contrib": "opencv-contrib-python",
    "opencv-headless": "opencv-python-headless", "opencv2": "opencv-python", "py-yaml": "pyyaml",
    "pycrypto": "pycryptodome", "python-opencv": "opencv-python", "python-sklearn": "scikit-learn",
    "pytorch": "torch", "pytorch-torchvision": "torchvision", "scikit": "scikit-learn",
    "scikitlearn": "scikit-learn", "sci-kit-learn": "scikit-learn", "scikits-learn": "scikit-learn",
    "tensorflow-gpu": "tensorflow", "tensor-flow": "tensorflow", "tf": "tensorflow",
    "torch-vision": "torchvision", "transformer": "transformers",
}  # fmt: skip


def distribution_name(module: str) -> str:
    """Return the package that provides a `module` of another name; empty if it is not known."""
    known = {normalize_name(name): package for name, package in DISTRIBUTIONS.items()}
    name = normalize_name(module)
    found = _OTHER_NAMES.get(name) or known.get(name, "")
    return found if found != name else ""


def is_popular(package: str) -> bool:
    """Whether many projects use `package`, a normalized name."""
    return package in _POPULAR.split()


def suggest_package(name: str) -> str:
    """Return the package that `name` probably means; empty if none is near."""
    import difflib

    if found := distribution_name(name):
        return found
    close = difflib.get_close_matches(normalize_name(name), _POPULAR.split(), n=1, cutoff=0.8)
    return close[0] if close else ""
