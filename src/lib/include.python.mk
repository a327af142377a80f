# labcoat: reproducible Python environments from one line in a Makefile.
#
#     include path/to/src/lib/include.python.mk
#
# `make help` lists the targets below, `make help SETTINGS=1` the variables too. Set variables before
# the include, in the environment or on the command line. Three variables are for use in your own
# rules:
#
#     test: $(LABCOAT_READY)          builds or updates the level of isolation in IN (default: venv)
#             @$(LABCOAT_RUN) pytest  runs a program on it
#     lint: venv
#             $(LABCOAT_BIN)/ruff     a program of the virtual environment
#
# Each target also exists as labcoat-NAME. A project that has its own `run` sets LABCOAT_OWN := run,
# which `labcoat init` writes.
# This file holds no logic: recipes call the helper beside it. It needs GNU Make 3.81 or newer.

# A makefile that exports its variables exports this one too: only in this make does it mean that
# the file was read.
ifneq ($(origin _labcoat_folder),file)

# The including makefile keeps its default goal, wherever the include stands, and its prefix of
# recipes.
_labcoat_default_goal := $(.DEFAULT_GOAL)
_labcoat_prefix := $(value .RECIPEPREFIX)
.RECIPEPREFIX :=

# This file's directory. A path with spaces is several words of MAKEFILE_LIST: join words from the
# end until they name a file.
_labcoat_empty :=
_labcoat_space := $(_labcoat_empty) $(_labcoat_empty)
_labcoat_escape = $(subst $(_labcoat_space),\ ,$(1))
_labcoat_find = $(if $(wildcard $(call _labcoat_escape,$(2))),$(2),$(if $(1),$(call _labcoat_find,$(wordlist 2,$(words $(1)),x $(1)),$(lastword $(1))$(if $(2),$(_labcoat_space)$(2)))))
_labcoat_file := $(call _labcoat_find,$(MAKEFILE_LIST),)
_labcoat_folder := $(patsubst %include.python.mk,%,$(_labcoat_file))
# In src/lib the package is beside this file; pip installs this file into the package. A link to
# this file alone leads to one of the two.
_labcoat_beside = $(or $(wildcard $(call _labcoat_escape,$(1)labcoat/start.sh)),$(wildcard $(call _labcoat_escape,$(1)start.sh)))
_labcoat_start := $(or $(call _labcoat_beside,$(_labcoat_folder)),$(call _labcoat_beside,$(patsubst %include.python.mk,%,$(realpath $(_labcoat_file)))))
$(if $(_labcoat_start),,$(error labcoat: include.python.mk needs the directory labcoat beside it: copy or link both from src/lib))

# Values that are only defaults are not for sub-makes, which may belong to another project.
_labcoat_given := $(filter LABCOAT_%,$(.VARIABLES))

##@ Environments

# In the environment, python3 may be what a Makefile with `export` passes on; elsewhere it is meant.
_labcoat_python_is_set := $(if $(filter undefined environment,$(origin LABCOAT_PYTHON)),,--python-is-set)
## Python of the environments; else .python-version and the like choose its minor version
LABCOAT_PYTHON ?= python3
## directory of the virtual environment
LABCOAT_VENV ?= .venv
## lock that every level of isolation installs
LABCOAT_REQUIREMENTS ?= requirements.txt
## additional locks for the virtual environment, separated by spaces
LABCOAT_DEV_REQUIREMENTS ?= $(_labcoat_dev)
## lock of another tool to derive ours from, such as uv.lock; requirements.in: none
LABCOAT_LOCK_FROM ?=
## program that writes the locks: pip-tools, or uv (faster; one lock for all platforms)
LABCOAT_LOCKER ?= pip-tools
## program that fills the virtual environment: uv or pip
LABCOAT_INSTALLER ?= uv
## ignore releases younger than this many days
LABCOAT_COOLDOWN ?= 0
## ignore releases younger than this day, such as 2021-03-31
LABCOAT_AS_OF ?=
## packages without wheels that may be built from source
LABCOAT_NO_BINARY ?=
## 1: run a setup.py whose dependencies cannot be read otherwise
LABCOAT_RUN_SETUP ?=
## seconds after which a locker or an installer is ended
LABCOAT_TIMEOUT ?= 1800
## use another lock on every level: cpu stands for requirements-cpu.txt
LABCOAT_VARIANT ?=
## commands that prove runs on each level, and their outputs: COMMAND -> FILE …, separated by ;;
LABCOAT_PROVE_RUNS ?=
## variables that programs get on every level: NAME=VALUE …
LABCOAT_ENV ?=
## 1: results that are equal on every processor, slower
LABCOAT_PORTABLE ?=

## conda program; if empty, the first of micromamba, mamba and conda
LABCOAT_CONDA ?=
## directory of the conda environment
LABCOAT_CONDA_ENV ?= .conda
## additional conda packages, for what pip cannot install
LABCOAT_CONDA_PACKAGES ?=

##@ Docker

## image name; if empty, labcoat/DIRECTORY
LABCOAT_IMAGE ?=
## base image; if empty, the pinned Python image of the project's minor version
LABCOAT_BASE_IMAGE ?=
## docker command, such as podman
LABCOAT_DOCKER ?= docker
## additional flags for docker build and docker run, such as --network=host
LABCOAT_DOCKER_FLAGS ?=
## custom base images, as NAME=DIRECTORY/Dockerfile; LABCOAT_BASE_IMAGE=extern/NAME uses one
LABCOAT_EXTERN ?=
## archive of system packages, such as http://mirror.example/debian; if empty, the base image's
LABCOAT_APT_MIRROR ?=
## archives of earlier days, each as ADDRESS/NAME/DATE
LABCOAT_APT_SNAPSHOT ?= http://snapshot.debian.org/archive
## files of packages to leave out of the image: tests, headers, bytecode
LABCOAT_STRIP ?=
## platforms to build and push for, such as linux/amd64,linux/arm64
LABCOAT_PLATFORMS ?=
## GPUs for containers: 1 or all, or numbers such as 0,1; GPU=1 is the short form
LABCOAT_GPU ?= $(if $(filter undefined environment,$(origin GPU)),,$(GPU))
## memory limit of containers, such as 8g
LABCOAT_MEMORY ?=
## CPU limit of containers, such as 2 or 1.5
LABCOAT_CPUS ?=
## container ports to publish on this machine's loopback, such as 8888; the first is the notebook's
LABCOAT_PORTS ?=
## certificate file for your network; builds get it as a secret
LABCOAT_CA_BUNDLE ?=
## files and directories outside the project that containers may read, separated by colons
LABCOAT_MOUNTS ?=

##@ Repository

## files and directories of the project that make clean also removes
LABCOAT_CLEAN ?=
## cache directory that your projects share; if empty, labcoat in your own cache directory
LABCOAT_CACHE ?=
## targets that the project defines itself; labcoat's are still there as labcoat-NAME
LABCOAT_OWN ?=

# These short names are for the command line and the Makefile. In the environment, IN, CMD, PKG,
# AGAIN and STRICT may belong to another program, so they are ignored there; SETTINGS also in the
# Makefile.
_labcoat_typed = $(if $(filter undefined environment,$(origin $(1))),,$($(1)))
_labcoat_in = $(or $(call _labcoat_typed,IN),venv)
_labcoat_again = $(if $(call _labcoat_typed,AGAIN),--again)
_labcoat_all_settings = $(if $(filter command,$(origin SETTINGS)),$(if $(SETTINGS),--settings))

_labcoat_public := \
  LABCOAT_PYTHON LABCOAT_VENV LABCOAT_REQUIREMENTS LABCOAT_DEV_REQUIREMENTS LABCOAT_LOCK_FROM LABCOAT_LOCKER \
  LABCOAT_INSTALLER LABCOAT_COOLDOWN LABCOAT_AS_OF LABCOAT_NO_BINARY LABCOAT_RUN_SETUP LABCOAT_CONDA LABCOAT_CONDA_ENV \
  LABCOAT_CONDA_PACKAGES LABCOAT_IMAGE LABCOAT_BASE_IMAGE LABCOAT_DOCKER LABCOAT_DOCKER_FLAGS \
  LABCOAT_CA_BUNDLE LABCOAT_APT_MIRROR LABCOAT_APT_SNAPSHOT LABCOAT_EXTERN LABCOAT_VARIANT LABCOAT_STRIP LABCOAT_PLATFORMS LABCOAT_GPU \
  LABCOAT_MEMORY LABCOAT_CPUS LABCOAT_PORTS LABCOAT_MOUNTS LABCOAT_PROVE_RUNS LABCOAT_ENV LABCOAT_PORTABLE LABCOAT_CLEAN \
  LABCOAT_CACHE LABCOAT_OWN LABCOAT_TIMEOUT
_labcoat_read := LABCOAT_BIN LABCOAT_RUN LABCOAT_READY
_labcoat_tests := LABCOAT_REQUIRE_DOCKER LABCOAT_TEST_BASE_IMAGE
# The helper suggests the right name of a misspelt variable, locker or installer. This prerequisite
# starts it even if nothing else has to be done.
_labcoat_misspelt := $(if $(filter-out $(_labcoat_public) $(_labcoat_read) $(_labcoat_tests),$(filter LABCOAT_%,$(.VARIABLES)))$(filter-out pip-tools uv,$(LABCOAT_LOCKER))$(filter-out uv pip,$(LABCOAT_INSTALLER)),labcoat-settings)

# A project's dev group may stand in pyproject.toml, which only the helper reads: if no one sets the
# variable, the helper gets a question mark and finds out.
_labcoat_dev = $(patsubst %.in,%.txt,$(wildcard requirements-dev.in))
_labcoat_value = $(if $(filter $$(_labcoat_dev),$(value $(1))),?,$($(1)))

# The helper gets every LABCOAT_ variable in its environment; other programs get none.
define _labcoat_line_feed


endef
_labcoat_one_line = $(subst $(_labcoat_line_feed),$(_labcoat_space),$(1))
_labcoat_quote = '$(subst ','\'',$(_labcoat_one_line))'
_labcoat_settings = $(foreach name,$(sort $(filter-out $(_labcoat_read),$(filter LABCOAT_%,$(.VARIABLES)))),$(name)=$(call _labcoat_quote,$(call _labcoat_value,$(name))))
_labcoat = $(_labcoat_settings) sh $(call _labcoat_quote,$(_labcoat_start)) $(_labcoat_python_is_set)

# The command as it was typed: a dollar on the command line is for the shell, not for make. A line
# feed would end the recipe's line, so the helper gets it as %0A.
_labcoat_command = $(if $(filter command,$(origin CMD)),$(value CMD),$(call _labcoat_typed,CMD))
_labcoat_encode = $(subst $(_labcoat_line_feed),%0A,$(subst %,%25,$(1)))

# In the name of a target these characters have another meaning for make.
_labcoat_odd := $(firstword $(foreach letter,; | : % * ?,$(if $(findstring $(letter),$(LABCOAT_VENV) $(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS)),$(letter))))
$(if $(_labcoat_odd),$(error labcoat: LABCOAT_VENV, LABCOAT_REQUIREMENTS and LABCOAT_DEV_REQUIREMENTS cannot contain $(_labcoat_odd) in make: choose another name))

# Files that tell make whether there is anything to do. If one is newer, the helper compares digests.
# The path of the environment's stamp contains what the environment depends on: this directory, the
# Python, the locks, .python-version, the installer, the variant. Each word is a directory, since
# file names are limited to 255 bytes.
_labcoat_hash := \#
_labcoat_special := ; | : \ % * ? [ ] = & ~ $$ $(_labcoat_hash)
_labcoat_flat = $(call _labcoat_replace,$(_labcoat_special),$(subst $(_labcoat_space),_,$(_labcoat_one_line)))
_labcoat_replace = $(if $(1),$(call _labcoat_replace,$(wordlist 2,$(words $(1)),$(1)),$(subst $(firstword $(1)),_,$(2))),$(2))
_labcoat_words = $(subst $(_labcoat_space),/,$(strip $(subst /,_,$(1))))
_labcoat_locked := .labcoat/locked$(addprefix -,$(notdir $(firstword $(LABCOAT_LOCK_FROM))))
_labcoat_made_of := $(call _labcoat_flat,$(subst /,_,$(LABCOAT_PYTHON)))$(_labcoat_python_is_set)/$(call _labcoat_flat,$(call _labcoat_words,$(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS) $(wildcard .python-version runtime.txt) $(LABCOAT_INSTALLER)$(addprefix -,$(LABCOAT_VARIANT))))
_labcoat_stamp := $(call _labcoat_escape,$(LABCOAT_VENV))/.labcoat$(call _labcoat_flat,$(CURDIR))/$(_labcoat_made_of)
_labcoat_lock_files := $(sort $(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS) $(patsubst %.in,%.txt,$(wildcard requirements*.in)))
# A removed interpreter leaves a dangling link; the empty rule below covers it. The second file is a
# link to site-packages, whose modification time changes with each installation or removal.
_labcoat_interpreter := $(call _labcoat_escape,$(LABCOAT_VENV))/bin/python
_labcoat_packages := $(call _labcoat_escape,$(LABCOAT_VENV))/labcoat.packages
# Only the targets venv and labcoat-venv remove unlocked packages; all others keep them.
_labcoat_keep = $(if $(filter $(filter-out $(LABCOAT_OWN),venv) labcoat-venv,$(or $(value MAKECMDGOALS),$(.DEFAULT_GOAL))),,--keep)

LABCOAT_BIN := $(LABCOAT_VENV)/bin
LABCOAT_RUN = $(_labcoat) run --in $(call _labcoat_quote,$(_labcoat_in)) --
_labcoat_ready_venv := $(_labcoat_stamp)
_labcoat_ready_conda := labcoat-conda
_labcoat_ready_docker := labcoat-docker
LABCOAT_READY = $(_labcoat_ready_$(_labcoat_in))

_labcoat_targets := \
  help requirements upgrade venv freeze status conda user-install docker docker-push binder \
  extern run shell notebook prove check fix context doctor clean distclean
_labcoat_short := $(filter-out $(LABCOAT_OWN),$(_labcoat_targets))
.PHONY: $(_labcoat_short) $(addprefix labcoat-,$(_labcoat_targets)) labcoat-settings labcoat-again
$(_labcoat_short): %: labcoat-%

##@ Environments

labcoat-requirements: $(_labcoat_locked) ## lock requirements*.in, or pyproject.toml; and apt.txt
	$(if $(_labcoat_apt),@$(_labcoat) lock --only system $(_labcoat_again))

labcoat-upgrade: $(_labcoat_misspelt) ## upgrade all locked packages, or PKG=name
	@$(_labcoat) lock $(if $(call _labcoat_typed,PKG),--package $(call _labcoat_quote,$(call _labcoat_typed,PKG)),--upgrade) --stamp $(_labcoat_locked)

labcoat-venv: $(_labcoat_stamp) ## install the locks; AGAIN=1 starts over

labcoat-freeze: ## add what you installed to the inputs, lock it
	@$(_labcoat) freeze --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-status: $(_labcoat_misspelt) ## show what is fresh, stale, missing, changed
	@$(_labcoat) status

labcoat-conda: $(_labcoat_locked) ## the same with conda, and environment.yml
	@$(_labcoat) conda $(_labcoat_again)

labcoat-user-install: $(_labcoat_locked) ## install the lock into your own Python
	@$(_labcoat) user-install

labcoat-run: $(LABCOAT_READY) ## run CMD="python train.py" on the level IN
	@$(_labcoat) run --in $(call _labcoat_quote,$(_labcoat_in)) --encoded-shell $(call _labcoat_quote,$(call _labcoat_encode,$(_labcoat_command)))

labcoat-shell: $(LABCOAT_READY) ## open a shell: IN=none, venv, conda, docker
	@$(_labcoat) shell --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-notebook: $(_labcoat_locked) ## run JupyterLab on the level IN
	@$(_labcoat) notebook --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-prove: $(_labcoat_misspelt) ## verify, file by file, that all levels match; STRICT=1 also the patch release; EXPLAIN=1 why results differ
	@$(_labcoat) prove $(if $(call _labcoat_typed,STRICT),--strict) $(if $(call _labcoat_typed,EXPLAIN),--explain) $(if $(call _labcoat_typed,IN),--only $(call _labcoat_quote,$(call _labcoat_typed,IN)))

##@ Docker

labcoat-docker: $(_labcoat_locked) ## build the image from the lock
	@$(_labcoat) image build

labcoat-docker-push: $(_labcoat_misspelt) ## push the image to the registry in its name
	@$(_labcoat) image push

labcoat-binder: $(_labcoat_locked) ## write the files of Binder and dev containers
	@$(_labcoat) binder

labcoat-extern: $(_labcoat_misspelt) ## build the base images in LABCOAT_EXTERN
	@$(_labcoat) extern build

labcoat-context: ## show what a Docker build sends, and its size
	@$(_labcoat) context

##@ Repository

labcoat-help: ## print this list; SETTINGS=1: settings too
	@$(_labcoat) help $(_labcoat_all_settings) $(call _labcoat_quote,$(MAKEFILE_LIST) $(_labcoat_file))

labcoat-check: ## find leaks, bloat, and pins that do not hold
	@$(_labcoat) check

labcoat-fix: ## fix what check finds, where that is safe
	@$(_labcoat) fix

labcoat-doctor: ## check the tools that labcoat needs
	@$(_labcoat) doctor

labcoat-clean: ## remove labcoat's files, and LABCOAT_CLEAN
	@$(_labcoat) clean

labcoat-distclean: ## clean, and remove environments and image
	@$(_labcoat) clean --all

# Checks the settings, as every command of the helper does.
labcoat-settings:
	@$(_labcoat) settings

# Without requirements.in, other files say what the project needs.
_labcoat_sources := $(wildcard requirements*.in pyproject.toml uv.lock poetry.lock pdm.lock Pipfile Pipfile.lock pylock.toml pylock.*.toml) $(if $(wildcard requirements.in),,$(wildcard setup.cfg setup.py))

# System packages, for the image alone: only it and `make requirements` lock them.
_labcoat_apt := $(wildcard apt.txt binder/apt.txt .binder/apt.txt apt.lock)

# AGAIN=1 compiles the locks again only where that is asked for: `make venv AGAIN=1` needs no index.
_labcoat_relock := $(if $(filter $(filter-out $(LABCOAT_OWN),requirements) labcoat-requirements,$(MAKECMDGOALS)),$(_labcoat_again))

$(_labcoat_locked): $(_labcoat_sources) $(_labcoat_lock_files) $(wildcard .python-version runtime.txt) $(_labcoat_misspelt) \
  $(if $(_labcoat_relock),labcoat-again)
	@$(_labcoat) lock --only python $(_labcoat_relock) --stamp $(call _labcoat_quote,$@)

# Files that the inputs include with -r and -c, and locks of groups and extras; the helper writes
# this list.
-include $(wildcard .labcoat/inputs.mk)

$(_labcoat_stamp): $(_labcoat_locked) $(wildcard .python-version runtime.txt pyproject.toml setup.cfg) $(_labcoat_interpreter) $(_labcoat_packages) $(_labcoat_misspelt) \
  $(if $(_labcoat_again),labcoat-again)
	@$(_labcoat) venv $(_labcoat_keep) $(_labcoat_again) --stamp $(call _labcoat_quote,$@)

# Has no file, so it is never up to date.
labcoat-again:

# A removed lock counts as changed.
$(_labcoat_lock_files):

$(_labcoat_interpreter) $(_labcoat_packages): ;

# make would expand CMD for the environment of each recipe. A sub-project has targets of its own.
unexport LABCOAT_OWN $(filter _labcoat_%,$(.VARIABLES)) $(filter-out $(_labcoat_given),$(_labcoat_public)) $(if $(filter command,$(origin CMD)),CMD)
.RECIPEPREFIX := $(_labcoat_prefix)
.DEFAULT_GOAL := $(_labcoat_default_goal)
# Recipes of the project search these files for comments, or take the last one as their own.
MAKEFILE_LIST := $(subst $(_labcoat_space)$(_labcoat_file),,$(MAKEFILE_LIST))

endif
