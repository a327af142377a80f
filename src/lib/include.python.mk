# labcoat: reproducible Python environments from one line in a Makefile.
#
#     include path/to/src/lib/include.python.mk
#
# `make help` lists the targets and variables below. Set variables before the include, in the environment or on the command
# line. Three are there to be read, in recipes of your own:
#
#     test: $(LABCOAT_READY)          the level of isolation that IN names (IN=venv if none), made ready
#             @$(LABCOAT_RUN) pytest  a program run on it
#     lint: venv
#             $(LABCOAT_BIN)/ruff     a program of the virtual environment
#
# Every target is also there as labcoat-NAME. A project that has, say, a `run` of its own sets LABCOAT_OWN := run.
# There is no logic here: recipes call the helper beside this file. Works with GNU Make 3.81 and newer.

ifndef _labcoat_folder

# The default goal stays the including makefile's own, wherever it stands.
_labcoat_default_goal := $(.DEFAULT_GOAL)

# This file's folder. Where its path has spaces, MAKEFILE_LIST falls apart: join words from the end until a file is there.
_labcoat_empty :=
_labcoat_space := $(_labcoat_empty) $(_labcoat_empty)
_labcoat_escape = $(subst $(_labcoat_space),\ ,$(1))
_labcoat_find = $(if $(wildcard $(call _labcoat_escape,$(2))),$(2),$(if $(1),$(call _labcoat_find,$(wordlist 2,$(words $(1)),x $(1)),$(lastword $(1))$(if $(2),$(_labcoat_space)$(2)))))
_labcoat_folder := $(patsubst %include.python.mk,%,$(call _labcoat_find,$(MAKEFILE_LIST),))
# The package stands beside this file in src/lib; where pip installed labcoat, this file is in the package.
_labcoat_start := $(or $(wildcard $(call _labcoat_escape,$(_labcoat_folder)labcoat/start.sh)),$(wildcard $(call _labcoat_escape,$(_labcoat_folder)start.sh)))
$(if $(_labcoat_start),,$(error labcoat: include.python.mk needs the folder labcoat beside it: copy or link both, as they are in src/lib))

##@ Environments

## the Python that labcoat and the environments run on; a .python-version in the project says which minor version
LABCOAT_PYTHON ?= python3
## the virtual environment's folder
LABCOAT_VENV ?= .venv
## the lock that every level of isolation holds
LABCOAT_REQUIREMENTS ?= requirements.txt
## locks that the virtual environment holds on top of it
LABCOAT_DEV_REQUIREMENTS ?= $(patsubst %.in,%.txt,$(wildcard requirements-dev.in))
## what makes the locks: pip-tools, or uv (fast, and one lock for every platform)
LABCOAT_LOCKER ?= pip-tools
## what fills the virtual environment: uv or pip
LABCOAT_INSTALLER ?= uv
## take no release younger than so many days
LABCOAT_COOLDOWN ?= 0
## packages that may be built from source, having no wheels
LABCOAT_NO_BINARY ?=

## the conda program; the first of micromamba, mamba and conda if empty
LABCOAT_CONDA ?=
## the conda environment's folder
LABCOAT_CONDA_ENV ?= .conda
## conda packages on top, which pip cannot give
LABCOAT_CONDA_PACKAGES ?=

##@ Docker

## the image's name; labcoat/FOLDER if empty
LABCOAT_IMAGE ?=
## the image to build on; if empty, the pinned Python image of the project's minor version
LABCOAT_BASE_IMAGE ?=
## the docker command
LABCOAT_DOCKER ?= docker
## more words for docker build and run, such as --network=host
LABCOAT_DOCKER_FLAGS ?=
## base images of your own, as NAME=FOLDER/Dockerfile; LABCOAT_BASE_IMAGE=extern/NAME builds on one
LABCOAT_EXTERN ?=
## another lock on every level: cpu takes requirements-cpu.txt in place of requirements.txt
LABCOAT_VARIANT ?=
## what of packages the image leaves out: tests, headers, bytecode
LABCOAT_STRIP ?=
## platforms to build and push for, such as linux/amd64,linux/arm64
LABCOAT_PLATFORMS ?=
## GPUs that a container sees: 1 for all, or all, or their numbers as 0,1; GPU=1 for short
LABCOAT_GPU ?= $(if $(filter environment,$(origin GPU)),,$(GPU))
## the memory that a container may take, such as 8g
LABCOAT_MEMORY ?=
## the processors that a container may take, such as 2 or 1.5
LABCOAT_CPUS ?=
## ports of a container that this machine's loopback reaches, such as 8888
LABCOAT_PORTS ?=
## a file of certificates for your network; reaches a build as a secret
LABCOAT_CA_BUNDLE ?=
## folders and files outside the project that a container may read, parted by colons
LABCOAT_MOUNTS ?=

##@ Environments

## commands that make prove runs on each level, and what they write: COMMAND -> FILE …; several parted by ;;
LABCOAT_PROVE_RUNS ?=

##@ Housekeeping

## what else make clean removes: files and folders of the project
LABCOAT_CLEAN ?=
## where labcoat keeps what your projects share; your cache folder's labcoat if empty
LABCOAT_CACHE ?=
## targets that the project defines itself
LABCOAT_OWN ?=

# Names that a person types every day are short. The environment's IN, CMD, PKG and AGAIN are somebody else's.
_labcoat_typed = $(if $(filter environment,$(origin $(1))),,$($(1)))
_labcoat_in = $(or $(call _labcoat_typed,IN),venv)
_labcoat_again = $(if $(call _labcoat_typed,AGAIN),--again)

_labcoat_public := LABCOAT_PYTHON LABCOAT_VENV LABCOAT_REQUIREMENTS LABCOAT_DEV_REQUIREMENTS LABCOAT_LOCKER LABCOAT_INSTALLER \
  LABCOAT_COOLDOWN LABCOAT_NO_BINARY LABCOAT_CONDA LABCOAT_CONDA_ENV LABCOAT_CONDA_PACKAGES LABCOAT_IMAGE LABCOAT_BASE_IMAGE \
  LABCOAT_DOCKER LABCOAT_DOCKER_FLAGS LABCOAT_CA_BUNDLE LABCOAT_EXTERN LABCOAT_VARIANT LABCOAT_STRIP LABCOAT_PLATFORMS LABCOAT_GPU \
  LABCOAT_MEMORY LABCOAT_CPUS LABCOAT_PORTS \
  LABCOAT_MOUNTS LABCOAT_PROVE_RUNS LABCOAT_CLEAN LABCOAT_CACHE LABCOAT_OWN
_labcoat_read := LABCOAT_BIN LABCOAT_RUN LABCOAT_READY
_labcoat_tests := LABCOAT_REQUIRE_DOCKER LABCOAT_TEST_BASE_IMAGE
# The helper says what a misspelt variable should have been; this makes it start where there is nothing else to do.
_labcoat_misspelt := $(if $(filter-out $(_labcoat_public) $(_labcoat_read) $(_labcoat_tests),$(filter LABCOAT_%,$(.VARIABLES))),labcoat-settings)

# The helper, with every LABCOAT_ variable in its environment and in no other program's.
_labcoat_quote = '$(subst ','\'',$(1))'
_labcoat_settings = $(foreach name,$(sort $(filter-out $(_labcoat_read),$(filter LABCOAT_%,$(.VARIABLES)))),$(name)=$(call _labcoat_quote,$($(name))))
_labcoat = $(_labcoat_settings) sh $(call _labcoat_quote,$(_labcoat_start))

# make takes these letters for something else where they are in the name of a target.
_labcoat_odd := $(firstword $(foreach letter,; | : % * ?,$(if $(findstring $(letter),$(LABCOAT_VENV) $(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS)),$(letter))))
$(if $(_labcoat_odd),$(error labcoat: make cannot have a $(_labcoat_odd) in LABCOAT_VENV, LABCOAT_REQUIREMENTS or LABCOAT_DEV_REQUIREMENTS: choose another name))

# Files that tell make whether there is anything to do. A newer time only means that the helper looks at the digests.
# The environment's stamp names what would make it another one: this folder's path, the Python, the locks, a .python-version,
# the installer, the variant. Each word is a folder: a file's name may have 255 letters.
_labcoat_flat = $(subst ;,_,$(subst |,_,$(subst :,_,$(subst \,_,$(subst %,_,$(subst $(_labcoat_space),_,$(1)))))))
_labcoat_words = $(subst $(_labcoat_space),/,$(strip $(subst /,_,$(1))))
_labcoat_locked := .labcoat/locked
_labcoat_made_of := $(call _labcoat_flat,$(subst /,_,$(LABCOAT_PYTHON)))/$(call _labcoat_flat,$(call _labcoat_words,$(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS) $(wildcard .python-version) $(LABCOAT_INSTALLER)$(addprefix -,$(LABCOAT_VARIANT))))
_labcoat_stamp := $(call _labcoat_escape,$(LABCOAT_VENV))/.labcoat$(call _labcoat_flat,$(CURDIR))/$(_labcoat_made_of)
_labcoat_lock_files := $(sort $(LABCOAT_REQUIREMENTS) $(LABCOAT_DEV_REQUIREMENTS) $(patsubst %.in,%.txt,$(wildcard requirements*.in)))
# An interpreter that is gone leaves a link to nowhere, for which the empty rule below stands in. The second is a link to
# site-packages, whose time moves as something is installed or removed.
_labcoat_interpreter := $(call _labcoat_escape,$(LABCOAT_VENV))/bin/python
_labcoat_packages := $(call _labcoat_escape,$(LABCOAT_VENV))/labcoat.packages
# Only who asks for the environment by its name wants back what was changed in it by hand.
_labcoat_keep = $(if $(filter venv labcoat-venv,$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))),,--keep)

LABCOAT_BIN := $(LABCOAT_VENV)/bin
LABCOAT_RUN = $(_labcoat) run --in $(call _labcoat_quote,$(_labcoat_in)) --
_labcoat_ready_venv := $(_labcoat_stamp)
_labcoat_ready_conda := labcoat-conda
_labcoat_ready_docker := labcoat-docker
LABCOAT_READY = $(_labcoat_ready_$(_labcoat_in))

_labcoat_targets := help requirements upgrade venv freeze status conda user-install docker docker-push binder extern run shell notebook prove check fix \
  context doctor clean distclean
_labcoat_short := $(filter-out $(LABCOAT_OWN),$(_labcoat_targets))
.PHONY: $(_labcoat_short) $(addprefix labcoat-,$(_labcoat_targets)) labcoat-settings labcoat-again
$(_labcoat_short): %: labcoat-%

##@ Environments

labcoat-requirements: $(_labcoat_locked) ## compile requirements*.in to hash-locked requirements*.txt; versions stay where they are

labcoat-upgrade: $(_labcoat_misspelt) ## move every version, or one with PKG=name
	@$(_labcoat) lock $(if $(call _labcoat_typed,PKG),--package $(call _labcoat_quote,$(call _labcoat_typed,PKG)),--upgrade) --stamp $(_labcoat_locked)

labcoat-venv: $(_labcoat_stamp) ## make the virtual environment hold exactly the locks; with AGAIN=1 make it anew

labcoat-freeze: ## add what you installed by hand to requirements.in and the lock
	@$(_labcoat) freeze --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-status: $(_labcoat_misspelt) ## lock and levels of isolation: fresh, stale, missing or changed by hand
	@$(_labcoat) status

labcoat-conda: $(_labcoat_locked) ## write environment.yml from the lock, make the conda environment of it; with AGAIN=1 anew
	@$(_labcoat) conda $(_labcoat_again)

labcoat-user-install: $(_labcoat_locked) ## install the lock for yourself alone, into your own Python
	@$(_labcoat) user-install

labcoat-run: $(LABCOAT_READY) ## run a command: make run CMD="python train.py" IN=none, venv, conda or docker
	@$(_labcoat) run --in $(call _labcoat_quote,$(_labcoat_in)) --shell $(call _labcoat_quote,$(call _labcoat_typed,CMD))

labcoat-shell: $(LABCOAT_READY) ## open a shell in the environment that IN names
	@$(_labcoat) shell --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-notebook: $(_labcoat_locked) ## JupyterLab in the environment that IN names; its address is printed, LABCOAT_PORTS chooses the port
	@$(_labcoat) notebook --in $(call _labcoat_quote,$(_labcoat_in))

labcoat-prove: $(_labcoat_misspelt) ## hold lock, environments and image against each other, file by file; IN=venv,docker limits it
	@$(_labcoat) prove $(if $(call _labcoat_typed,IN),--only $(call _labcoat_quote,$(call _labcoat_typed,IN)))

##@ Docker

labcoat-docker: $(_labcoat_locked) ## build the image from the lock
	@$(_labcoat) image build

labcoat-docker-push: $(_labcoat_misspelt) ## push the image to the registry in its name
	@$(_labcoat) image push

labcoat-binder: $(_labcoat_locked) ## write and check what Binder and dev containers build; print the launch link and a badge
	@$(_labcoat) binder

labcoat-extern: $(_labcoat_misspelt) ## fetch the submodules and build the base images that LABCOAT_EXTERN names
	@$(_labcoat) extern build

labcoat-context: ## what a Docker build would send, by size, and what of it reaches the image
	@$(_labcoat) context

##@ Housekeeping

labcoat-help: ## this list
	@$(_labcoat) help $(call _labcoat_quote,$(MAKEFILE_LIST))

labcoat-check: ## look for environments, secrets and big files that leak, and pins that do not hold
	@$(_labcoat) check

labcoat-fix: ## mend what check finds, where that is safe
	@$(_labcoat) fix

labcoat-doctor: ## what labcoat works with, as this machine has it, and what to do about the rest
	@$(_labcoat) doctor

labcoat-clean: ## remove what labcoat keeps in this folder, and LABCOAT_CLEAN
	@$(_labcoat) clean

labcoat-distclean: ## the same, and the virtual environment and the image too
	@$(_labcoat) clean --all

# Any of these names what is wrong with the settings, since all of them read them.
labcoat-settings:
	@$(_labcoat) settings

$(_labcoat_locked): $(wildcard requirements*.in) $(_labcoat_lock_files) $(_labcoat_misspelt)
	@$(_labcoat) lock --stamp $(call _labcoat_quote,$@)

# What the inputs include with -r and -c; the helper writes it.
-include .labcoat/inputs.mk

$(_labcoat_stamp): $(_labcoat_locked) $(wildcard .python-version) $(_labcoat_interpreter) $(_labcoat_packages) $(_labcoat_misspelt) \
  $(if $(_labcoat_again),labcoat-again)
	@$(_labcoat) venv $(_labcoat_keep) $(_labcoat_again) --stamp $(call _labcoat_quote,$@)

# Something to do, whatever there is.
labcoat-again:

# A lock that was removed counts as changed.
$(_labcoat_lock_files):

$(_labcoat_interpreter) $(_labcoat_packages): ;

.DEFAULT_GOAL := $(_labcoat_default_goal)

endif
