# SPDX-License-Identifier: GPL-3.0-or-later
SHELL := /bin/bash
.DEFAULT_GOAL := help

INVENTORY ?= inventories/local.yml
LIMIT ?=
ARGS ?=
PYTHON ?= python3

bin := .venv/bin
collections := .ansible/collections/ansible_collections
link := $(collections)/bulwark/msp
crypto := $(collections)/community/crypto
play = $(bin)/ansible-playbook -i $(INVENTORY) $(if $(LIMIT),--limit '$(LIMIT)')

# Ansible leaves out the ansible.cfg of a directory that others may write to, unless it is named.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export LC_ALL := C.UTF-8
export PATH := $(CURDIR)/$(bin):$(PATH)
export PYTHON

##@ Use
.PHONY: audit canary harden patch restore restore-test report onboard records
audit: ready ## audit this machine, or INVENTORY= [LIMIT=] [ARGS=]; changes nothing on any host
	@$(play) bulwark.msp.audit $(ARGS)

canary: ready ## have each host log a marked line and look for it at the collectors, for audits to go by
	@$(play) bulwark.msp.canary $(ARGS)

harden: ready ## change what fails, so that nobody is locked out; ARGS='--check --diff' only shows it
	@$(play) bulwark.msp.harden $(ARGS)

patch: ready ## close what is exploited or pending: ARGS='-e bulwark_patch_scope=kev'; ARGS=--check only shows it
	@$(play) bulwark.msp.patch $(ARGS)

restore: ready ## put hosts back to before a run: ARGS='-e bulwark_restore_run=first'
	@$(play) bulwark.msp.restore $(ARGS)

restore-test: ready ## prove that backups come back, to a scratch place; ARGS='-e bulwark_restore_full=true'
	@$(play) bulwark.msp.restore_test $(ARGS)

report: ready ## render the pages of the latest run anew
	@$(play) bulwark.msp.report $(ARGS)

onboard: ready ## draft an inventory and registers of what is found on INVENTORY=, to be read and approved
	@$(play) bulwark.msp.onboard $(ARGS)

records: ready ## draft the records that INVENTORY= lacks, say what falls due; ARGS='-e bulwark_import=raci.csv'
	@$(play) bulwark.msp.records $(ARGS)

.PHONY: explain
explain: ready ## what CONTROL= reads, when it passes, how to waive it
	@python tools/explain.py "$(CONTROL)"

##@ Develop
.PHONY: test test-unit lint format types sanity scenario bench docs build
test: ready-test ## everything CI runs
	@tools/make/test.sh

test-unit: ready-test ## unit tests: no host needed
	@pytest -n auto tests/unit $(ARGS)

lint: ready-test ## ansible-lint, yamllint, ruff, shellcheck, changelog
	@tools/make/lint.sh

format: ready-test ## ruff's format and its safe fixes
	@ruff format --quiet . && ruff check --quiet --fix .

types: ready-test ## mypy
	@tools/make/types.sh

sanity: build ready-test ## ansible-test sanity on the built artefact
	@tools/make/sanity.sh

scenario: ready-test ## both scenarios of CONTROL= on real hosts
	@pytest tests/scenarios --control '$(CONTROL)' $(ARGS)

bench: ready-test ## time an audit against the setup module; writes bench.json
	@python tests/bench/bench.py $(ARGS)

docs: ready ## generate docs/controls/ and the README's coverage table
	@python tools/explain.py --write

build: ready ## the artefact for Galaxy, in build/
	@tools/make/build.sh

##@ Lab
.PHONY: lab lab-down
lab: ready-test ## start the fleet of lab hosts, or put each back to its planted start
	@python -m tests.lab.lab up

lab-down: ready ## remove the lab
	@python -m tests.lab.lab down

##@ House
.PHONY: help clean ready ready-test
help: ## this list
	@awk -f tools/make/help.awk $(firstword $(MAKEFILE_LIST))

clean: ## remove what make made, but for reports/
	@rm -rf .venv .ansible build .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output

ready: .venv/ready $(link)
ready-test: .venv/ready-test $(link) $(crypto)

.venv/ready: requirements.txt
	@tools/make/environment.sh audit
	@touch $@

.venv/ready-test: tests/requirements.txt .venv/ready
	@tools/make/environment.sh test
	@touch $@

# What lets a checkout be called by its collection name.
$(link):
	@mkdir -p $(@D)
	@ln -s ../../../.. $@

# What makes the lab's certificates.
$(crypto): | .venv/ready
	@tools/make/crypto.sh
