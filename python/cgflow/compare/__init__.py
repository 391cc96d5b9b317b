# SPDX-License-Identifier: GPL-2.0-only
"""Comparison of sampling methods: systems, methods, jobs, error curves, tables and pictures."""
