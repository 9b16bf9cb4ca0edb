#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
source "$(dirname "$0")/common.sh"

mypy --package ansible_collections.bulwark.msp.plugins --package tests --package tools
