"""Modules of the standard library, and those that are named differently than their package."""

import sys

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
    "igraph": "", "imblearn": "imbalanced-learn", "kafka": "kafka-python", "Levenshtein": "",
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
# Modules that are in the standard library of newer or older Pythons.
_ELSEWHERE = """
_winreg aifc annotationlib asynchat asyncore audioop BaseHTTPServer binhex cgi cgitb chunk commands
compiler compression ConfigParser cookielib copy_reg cPickle crypt cStringIO distutils dummy_thread
dummy_threading formatter htmlentitydefs HTMLParser httplib imghdr imp lib2to3 macpath mailcap md5
msilib new nis nntplib ossaudiodev parser pipes Queue sets sha SimpleHTTPServer smtpd sndhdr
SocketServer spwd StringIO sunau symbol telnetlib thread Tkinter tkMessageBox tomllib urllib2
urlparse user UserDict uu xdrlib xmlrpclib
"""
STANDARD = frozenset(sys.stdlib_module_names) | frozenset(_ELSEWHERE.split())
