"""What conda calls packages: its names of an index's packages, and what only conda has."""

import re

ONLY_CONDA = "only conda has it, not the package index"
# conda's name and the index's; without the latter, only conda has it.
_NAMES = """
attr: brotli-python:brotli cupy-core:cupy dask-core:dask faiss:faiss-cpu geopandas-base:geopandas
holoviews-core:holoviews jupyterlab-git:jupyterlab-git keras-base:keras keras-gpu:keras
libopencv:opencv-python lightgbm-cpu:lightgbm matplotlib-base:matplotlib
msgpack-python:msgpack networkx-base:networkx numpy-base:numpy opencv:opencv-python
plotly-orca: py-opencv:opencv-python py-xgboost:xgboost py-xgboost-cpu:xgboost
py-xgboost-gpu:xgboost pyarrow-core:pyarrow pyg:torch-geometric pyqt:pyqt5 pyqt5-sip:pyqt5-sip
pysoundfile:soundfile pytables:tables python-fastjsonschema:fastjsonschema
python-graphviz:graphviz python-kaleido:kaleido python-lmdb:lmdb python-tzdata:tzdata
python-wget:wget pytorch:torch pytorch-cpu:torch pytorch-gpu:torch
pytorch-geometric:torch-geometric ruamel-yaml-conda:ruamel-yaml seaborn-base:seaborn
spacy-model-en-core-web-sm: tensorflow-base:tensorflow tensorflow-eigen:tensorflow
tensorflow-gpu-base:tensorflow-gpu tensorflow-mkl:tensorflow yaml:
"""
# Libraries and programs that are no Python packages, though an index may have one of that name.
_PROGRAMS = """
abseil-cpp alsa-lib anaconda anaconda-client anaconda-navigator anaconda-project aom arpack
arrow-cpp atk bash binutils blas blas-devel blosc boost boost-cpp bzip2 c-ares c-blosc2
ca-certificates cairo charls clang clangxx compilers conda conda-build conda-env conda-verify
console-shortcut cpuonly cuda cudatoolkit cudatoolkit-dev cudnn curl cxx-compiler dav1d dbus
double-conversion eigen epoxy expat ffmpeg fftw fontconfig freeglut freetype freexl fribidi gawk
gcc gdk-pixbuf geos gettext gfortran gflags giflib git glib glib-tools glibc glog glpk gmp gnutls
gperftools graphite2 graphviz-bin grpc-cpp gsl gtk2 gtk3 gxx harfbuzz hdf4 hdf5 htop icc-rt icu
intel-openmp jasper jpeg jq json-c jxrlib kealib keyutils krb5 lame lapack lcms2 lerc leveldb
llvm llvm-openmp llvmdev lz4-c lzo magma make mamba mesalib metis mkl mkl-fft mkl-include
mkl-random mkl-service mpc mpfr mpi mpich mpg123 mysql nasm nccl ncurses nettle nodejs nomkl nspr
nss numactl ocl-icd oniguruma openblas openblas-devel opencl openh264 openjdk openjpeg openmp
openmpi openssl orc p7zip pandoc pango patchelf pcre pcre2 perl pixman pkg-config poppler
poppler-data popt postgresql proj proj4 pthread-stubs pthreads-win32 pugixml python-abi
pytorch-cuda pytorch-mutex qhull qt qt-main qt-webengine qt6-main qtwebkit r r-base rdma-core re2
readline ripgrep s2n sdl2 sed snappy spdlog sqlite svt-av1 tar tbb tbb4py tensorflow-estimator-cpu
tesseract tiledb tk tktable tmux tzcode ucrt ucx unixodbc unzip utf8proc vc vc14-runtime vim
wayland webkitgtk winpty x264 x265 xerces-c xxhash xz yaml-cpp yasm zeromq zfp zip zlib zlib-ng
zstd
"""
_PATTERN = re.compile(
    r"r-.+|m2w64-.+|msys2-.+|xorg-.+|perl-.+|vs20.+|fonts?-.+|gcc-.+|gxx-.+|gfortran-.+|ld-impl-.+"
    r"|kernel-headers.*|.+-mutex|binutils.*|sysroot-.+|cuda-.+|aws-(?:c|sdk|crt-cpp)\b.*|gst-.+"
    r"|qt6?-.+|.+-(?:linux|win|osx)-(?:64|arm64)|azure-.+-cpp|mkl-.+|-.*"
)
_LIBRARY = re.compile(r"lib[a-z0-9].*")
# Python packages whose names begin like those of C libraries.
_PYTHON_LIBRARIES = frozenset(
    {"libclang", "libcst", "librosa", "libsass", "libsvm", "libtmux", "libretranslate", "librt"}
)


def index_name(name: str) -> str:
    """Return what an index calls conda's package `name`; empty if it has the same name."""
    found = _read_names().get(name, "")
    return "" if found == name else found


def conda_only(name: str) -> str:
    """Return why an index has no package for conda's `name`; empty if it may have one."""
    known = _read_names().get(name)
    is_library = bool(_LIBRARY.fullmatch(name)) and name not in _PYTHON_LIBRARIES
    is_other = name in _PROGRAMS.split() or bool(_PATTERN.fullmatch(name))
    if known == "" or (known is None and (is_library or is_other)):
        return ONLY_CONDA
    return ""


def _read_names() -> dict[str, str]:
    return {pair.partition(":")[0]: pair.partition(":")[2] for pair in _NAMES.split()}
