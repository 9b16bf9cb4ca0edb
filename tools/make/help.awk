# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the targets of a Makefile: `##@ Group` starts a group, `target: ... ## text` is a line of it.
BEGIN { FS = ":.*## " }
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z-]+:.*## / { printf "  %-10s %s\n", $1, $2 }
