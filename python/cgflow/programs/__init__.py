# SPDX-License-Identifier: GPL-2.0-only
"""The programs that a user can call, each a module with a function main(argv)."""
