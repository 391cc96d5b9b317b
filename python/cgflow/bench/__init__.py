# SPDX-License-Identifier: GPL-2.0-only
"""Benchmarks: rows of the table, the programs that measure them, and the environment of the peers."""
